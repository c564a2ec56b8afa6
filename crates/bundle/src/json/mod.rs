//! JSON for derived decoders, compiled small.
//!
//! What decodes the model is compiled from its types for the deserialiser that it reads from, and with
//! that of `serde_json` was a tenth of the doctor. This one keeps everything that is the same for all
//! types out of what is compiled for each, and takes structs from objects only, enums by one way, and
//! numbers as integers: the model has no others.

mod error;
mod tokens;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

pub use error::Error;
use tokens::Integer;
pub(crate) use tokens::Tokens;

/// Reads a value. An error says where.
pub(crate) fn decode<'de, T: Deserialize<'de>>(tokens: &mut Tokens<'_>) -> Result<T, Error> {
    T::deserialize(Value(&mut *tokens)).map_err(|error| error.at(tokens.position()))
}

/// The value that comes next.
struct Value<'r, 'a>(&'r mut Tokens<'a>);

/// The key that comes next.
struct Key<'r, 'a>(&'r mut Tokens<'a>);

/// The items of a container that is open.
struct Items<'r, 'a> {
    tokens: &'r mut Tokens<'a>,
    bracket: u8,
    is_first: bool,
    is_closed: bool,
}

/// A variant: its name alone, or an object with its name as the only key.
struct Variant<'r, 'a> {
    tokens: &'r mut Tokens<'a>,
    has_content: bool,
}

/// Kinds of values that the model has not.
fn unknown<'de, T, V: Visitor<'de>>(_from: T, _visitor: V) -> Result<V::Value, Error> {
    Err(Error::new("a kind of value that bundles do not have"))
}

fn visit_integer<'de, V: Visitor<'de>>(integer: Integer, visitor: V) -> Result<V::Value, Error> {
    match integer {
        Integer::Positive(number) => visitor.visit_u64(number),
        Integer::Negative(number) => visitor.visit_i64(number),
    }
}

/// Methods that all do the same, whatever hints they are given.
macro_rules! all {
    ($body:expr => $($method:ident($($argument:ident: $kind:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(
            self,
            $($argument: $kind,)*
            visitor: V,
        ) -> Result<V::Value, Error> {
            $(let _ = $argument;)*
            $body(self, visitor)
        }
    )*};
}

impl<'r, 'a> Items<'r, 'a> {
    fn open(tokens: &'r mut Tokens<'a>, open: u8, bracket: u8) -> Result<Self, Error> {
        tokens.open(open)?;
        Ok(Self { tokens, bracket, is_first: true, is_closed: false })
    }

    fn more(&mut self) -> Result<bool, Error> {
        let more = !self.is_closed && self.tokens.more(self.is_first, self.bracket)?;
        (self.is_first, self.is_closed) = (false, !more);
        Ok(more)
    }

    /// A visitor may have taken all that it wanted without asking for more.
    fn close(mut self) -> Result<(), Error> {
        if self.more()? { Err(Error::new("more items than expected")) } else { Ok(()) }
    }
}

impl Value<'_, '_> {
    fn integer<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visit_integer(self.0.integer()?, visitor)
    }

    fn string<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(self.0.string()?)
    }

    fn null<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.0.word("null")?;
        visitor.visit_unit()
    }

    fn array<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut items = Items::open(self.0, b'[', b']')?;
        let value = visitor.visit_seq(&mut items)?;
        items.close()?;
        Ok(value)
    }

    fn object<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let mut items = Items::open(self.0, b'{', b'}')?;
        let value = visitor.visit_map(&mut items)?;
        items.close()?;
        Ok(value)
    }
}

impl<'de> Deserializer<'de> for Value<'_, '_> {
    type Error = Error;

    all! { Self::integer =>
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64()
    }
    all! { Self::string =>
        deserialize_str() deserialize_string() deserialize_identifier() deserialize_char()
    }
    all! { Self::null => deserialize_unit() deserialize_unit_struct(name: &'static str) }
    all! { Self::array =>
        deserialize_seq()
        deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
    }
    all! { Self::object =>
        deserialize_map()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
    }
    all! { unknown =>
        deserialize_any() deserialize_i128() deserialize_u128() deserialize_f32()
        deserialize_f64() deserialize_bytes() deserialize_byte_buf()
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(self.0.boolean()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.token()? == b'n' {
            self.0.word("null")?;
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let tokens = self.0;
        let has_content = tokens.token()? == b'{';
        if has_content {
            tokens.open(b'{')?;
        }
        let value = visitor.visit_enum(Variant { tokens: &mut *tokens, has_content })?;
        if has_content && tokens.more(false, b'}')? {
            return Err(Error::new("more than one variant"));
        }
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.0.skip()?;
        visitor.visit_unit()
    }
}

impl Key<'_, '_> {
    fn integer<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.0.string()?;
        visit_integer(self.0.integer_in_text()?, visitor)
    }

    fn string<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        Value(self.0).string(visitor)
    }
}

impl<'de> Deserializer<'de> for Key<'_, '_> {
    type Error = Error;

    all! { Self::integer =>
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64()
    }
    all! { Self::string =>
        deserialize_str() deserialize_string() deserialize_identifier() deserialize_char()
    }
    all! { unknown =>
        deserialize_any() deserialize_i128() deserialize_u128() deserialize_f32()
        deserialize_f64() deserialize_bytes() deserialize_byte_buf()
        deserialize_bool() deserialize_option() deserialize_unit()
        deserialize_unit_struct(name: &'static str)
        deserialize_seq() deserialize_tuple(len: usize)
        deserialize_tuple_struct(name: &'static str, len: usize)
        deserialize_map()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_ignored_any()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(Variant { tokens: self.0, has_content: false })
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, '_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        if self.more()? { seed.deserialize(Value(self.tokens)).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for &mut Items<'_, '_> {
    type Error = Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Error> {
        if self.more()? { seed.deserialize(Key(self.tokens)).map(Some) } else { Ok(None) }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        self.tokens.expect(b':')?;
        seed.deserialize(Value(self.tokens))
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, '_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let value = seed.deserialize(Value(self.tokens))?;
        if self.has_content {
            self.tokens.expect(b':')?;
        }
        Ok((value, self))
    }
}

impl<'r, 'a> Variant<'r, 'a> {
    fn content(self) -> Result<Value<'r, 'a>, Error> {
        if self.has_content {
            Ok(Value(self.tokens))
        } else {
            let bare = Unexpected::UnitVariant;
            Err(serde::de::Error::invalid_type(bare, &"a variant with content"))
        }
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        if self.has_content { self.tokens.word("null") } else { Ok(()) }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Error> {
        self.content()?.array(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.content()?.object(visitor)
    }
}

#[cfg(test)]
mod tests;
