//! The JSON Schemas of what the doctor writes; its build script packs them into it.

use std::path::PathBuf;

use super::Pages;

pub(super) fn add(pages: &mut Pages) {
    pages.insert(PathBuf::from("schema/report.json"), synrecv_report::json::schema());
    pages.insert(PathBuf::from("schema/table.json"), synrecv_report::table::schema());
}
