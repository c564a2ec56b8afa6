//! A deserialiser that takes structs from maps only.
//!
//! Decoders that are derived take structs from lists too, and the code for that is as large as the
//! one for maps. Nothing here writes structs as lists. What asks for a struct through [`Maps`] asks the
//! deserialiser behind it for a map, so the other half is never compiled.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

/// The wrapper; as deserialiser, and around all that is handed from one value to the ones in it.
#[derive(Debug)]
pub(crate) struct Maps<T>(pub(crate) T);

macro_rules! leaves {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            self.0.$method(visitor)
        }
    )*};
}

macro_rules! branches {
    ($($method:ident($($argument:ident: $kind:ty),*) as $other:ident)*) => {$(
        fn $method<V: Visitor<'de>>(
            self,
            $($argument: $kind,)*
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            self.0.$other($($argument,)* Maps(visitor))
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Maps<D> {
    type Error = D::Error;

    leaves! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_u128 deserialize_f32 deserialize_f64 deserialize_char deserialize_str
        deserialize_string deserialize_bytes deserialize_byte_buf deserialize_unit
        deserialize_identifier deserialize_any deserialize_ignored_any
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.deserialize_unit_struct(name, visitor)
    }

    branches! {
        deserialize_option() as deserialize_option
        deserialize_newtype_struct(name: &'static str) as deserialize_newtype_struct
        deserialize_seq() as deserialize_seq
        deserialize_tuple(len: usize) as deserialize_tuple
        deserialize_tuple_struct(name: &'static str, len: usize) as deserialize_tuple_struct
        deserialize_map() as deserialize_map
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
            as deserialize_enum
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.deserialize_map(Maps(visitor))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Maps<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        self.0.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Self::Value, D::Error> {
        self.0.visit_some(Maps(inner))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Self::Value, D::Error> {
        self.0.visit_newtype_struct(Maps(inner))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        self.0.visit_seq(Maps(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Self::Value, A::Error> {
        self.0.visit_map(Maps(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<Self::Value, A::Error> {
        self.0.visit_enum(Maps(variant))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Maps<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        self.0.deserialize(Maps(from))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Maps<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Self::Error> {
        self.0.next_element_seed(Maps(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Maps<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Self::Error> {
        self.0.next_key_seed(Maps(seed))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, Self::Error> {
        self.0.next_value_seed(Maps(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for Maps<A> {
    type Error = A::Error;
    type Variant = Maps<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), Self::Error> {
        let (value, variant) = self.0.variant_seed(Maps(seed))?;
        Ok((value, Maps(variant)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Maps<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), Self::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<S::Value, Self::Error> {
        self.0.newtype_variant_seed(Maps(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.tuple_variant(len, Maps(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.0.newtype_variant_seed(Fields(visitor))
    }
}

/// The fields of a variant, as a map.
struct Fields<V>(V);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Fields<V> {
    type Value = V::Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(Maps(self.0))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::Maps;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        number: u8,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Wrapped(Inner);

    #[derive(Debug, PartialEq, Deserialize)]
    enum Kind {
        Empty,
        One(Inner),
        Two(u8, Inner),
        Named { inner: Inner },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        list: Vec<Inner>,
        pair: (u8, Inner),
        some: Option<Inner>,
        none: Option<Inner>,
        wrapped: Wrapped,
        kinds: Vec<Kind>,
        by_name: BTreeMap<String, Inner>,
    }

    fn read(text: &str) -> Result<Outer, String> {
        let mut json = serde_json::Deserializer::from_str(text);
        Outer::deserialize(Maps(&mut json)).map_err(|error| error.to_string())
    }

    const INNER: &str = r#"{"number":7,"unknown":[{"x":[1]}]}"#;

    /// Every place where a struct can be.
    fn document(inner: &str) -> String {
        format!(
            r#"{{"list":[{inner}],"pair":[1,{inner}],"some":{inner},"none":null,"wrapped":{inner},
                "kinds":["Empty",{{"One":{inner}}},{{"Two":[2,{inner}]}},
                {{"Named":{{"inner":{inner}}}}}],"by_name":{{"a":{inner}}}}}"#
        )
    }

    #[test]
    fn maps_are_taken_as_they_are_without_the_wrapper() {
        let text = document(INNER);
        let read = read(&text).unwrap();
        assert_eq!(read, serde_json::from_str(&text).unwrap());
        assert_eq!(read.kinds.len(), 4);
    }

    #[test]
    fn lists_are_not_taken_as_structs_wherever_they_are() {
        let text = document(INNER);
        for (at, _) in text.match_indices(INNER) {
            let (before, behind) = text.split_at(at);
            let text = format!("{before}[7]{}", &behind[INNER.len()..]);
            assert!(serde_json::from_str::<Outer>(&text).is_ok(), "{text}");
            let error = read(&text).unwrap_err();
            assert!(error.contains("invalid type: sequence, expected struct Inner"), "{error}");
        }
        let text = text
            .replace(&format!(r#"{{"Named":{{"inner":{INNER}}}}}"#), r#"{"Named":[{"number":7}]}"#);
        assert!(read(&text).is_err() && serde_json::from_str::<Outer>(&text).is_ok());
    }
}
