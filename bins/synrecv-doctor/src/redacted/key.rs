//! Where the key of pseudonyms is kept.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::{env, process};

use rustix::rand::{GetRandomFlags, getrandom};
use synrecv_bundle::redact::Key;

/// A key in any way of writing is shorter.
const FILE_MAX_BYTES: u64 = 4_096;

/// There is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error(
        "no place to keep the key of pseudonyms: neither XDG_STATE_HOME nor HOME is set; give \
         --redact-key FILE, or --redact-key none"
    )]
    NoPlace,
    #[error("read the key of pseudonyms, `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "make the key of pseudonyms, `{}` (without one that is kept: --redact-key none)",
        path.display()
    )]
    Make { path: PathBuf, source: io::Error },
    #[error("`{}` is no key of pseudonyms: 32 bytes, or 64 hexadecimal digits", path.display())]
    NoKey { path: PathBuf },
    #[error("draw a random key")]
    Random(#[source] io::Error),
}

/// `$XDG_STATE_HOME/synrecv-doctor/redact.key`, by default below `~/.local/state`.
pub(super) fn default_place() -> Result<PathBuf, KeyError> {
    // The specification has relative paths ignored.
    let absolute =
        |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    let state = state.ok_or(KeyError::NoPlace)?;
    let directory = state.join(synrecv_report::PROGRAM);
    let place = directory.join("redact.key");
    if let Err(source) = DirBuilder::new().recursive(true).mode(0o700).create(&directory) {
        return Err(KeyError::Make { path: place, source });
    }
    Ok(place)
}

/// The key in a file, which is made when there is none.
pub(super) fn read_or_make(path: &Path) -> Result<Key, KeyError> {
    if let Some(key) = read(path)? {
        return Ok(key);
    }
    let key = random()?;
    keep(path, &key).map_err(|source| KeyError::Make { path: path.to_owned(), source })?;
    // Of two programs that make it at the same time, both take the one that is there.
    Ok(read(path)?.unwrap_or(key))
}

/// A key that nobody had before.
pub(super) fn random() -> Result<Key, KeyError> {
    let mut bytes = [0; 32];
    // So few bytes come in one piece or not at all, getrandom(2).
    match getrandom(&mut bytes, GetRandomFlags::empty()) {
        Ok(count) if count == bytes.len() => Ok(Key::new(bytes)),
        Ok(_) => Err(KeyError::Random(ErrorKind::UnexpectedEof.into())),
        Err(errno) => Err(KeyError::Random(errno.into())),
    }
}

fn read(path: &Path) -> Result<Option<Key>, KeyError> {
    let failed = |source| KeyError::Read { path: path.to_owned(), source };
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    let mut content = Vec::new();
    file.take(FILE_MAX_BYTES).read_to_end(&mut content).map_err(failed)?;
    match Key::parse(&content) {
        Some(key) => Ok(Some(key)),
        None => Err(KeyError::NoKey { path: path.to_owned() }),
    }
}

/// Writes a key for its owner only. It appears whole, and replaces none.
fn keep(path: &Path, key: &Key) -> io::Result<()> {
    let name = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}", process::id()));
    let temporary = path.with_file_name(hidden);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    let written = file.write_all(key.bytes()).and_then(|()| file.sync_all());
    let named = written.and_then(|()| match fs::hard_link(&temporary, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        // Some file systems have no second names.
        Err(_) if !path.exists() => fs::copy(&temporary, path).map(drop),
        linked => linked,
    });
    // What is left of it is of no use to anybody.
    let _ = fs::remove_file(&temporary);
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    /// A directory of its own, removed at the end.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Self {
            let path = env::temp_dir().join(format!("synrecv-key-{}-{name}", process::id()));
            fs::create_dir(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_key_is_made_once_and_is_its_owners() {
        let place = Place::new("once");
        let file = place.0.join("key");
        let made = read_or_make(&file).unwrap();
        assert_eq!(read_or_make(&file).unwrap(), made);
        assert_eq!(fs::read(&file).unwrap(), made.bytes());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(&place.0).unwrap().count(), 1);
        assert_ne!(random().unwrap(), made);
    }

    #[test]
    fn what_is_no_key_is_not_replaced() {
        let place = Place::new("other");
        let file = place.0.join("notes.txt");
        fs::write(&file, "not a key").unwrap();
        let error = read_or_make(&file).unwrap_err();
        assert!(error.to_string().contains("notes.txt` is no key"), "{error}");
        assert_eq!(fs::read(&file).unwrap(), b"not a key");
        let error = read_or_make(&place.0.join("no/such/key")).unwrap_err();
        assert!(error.to_string().contains("--redact-key none"), "{error}");
        assert!(matches!(read_or_make(&place.0).unwrap_err(), KeyError::Read { .. }));
    }
}
