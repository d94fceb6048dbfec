//! Which fields Kubernetes knows at a place of a pod template, asked of the types themselves.

use k8s_openapi::api::core::v1::PodTemplateSpec;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

/// One step into a template.
#[derive(Clone)]
pub(super) enum Step {
    Field(String),
    Entry,
}

/// The fields that Kubernetes knows at a place of a pod template; `None` where it takes any.
pub(super) fn known_fields(steps: &[Step]) -> Option<&'static [&'static str]> {
    let mut known = None;
    // The probe always ends in an error; what counts is what was asked for on the way.
    let _ = PodTemplateSpec::deserialize(FieldProbe { steps, known: &mut known });
    known
}

/// A deserializer that walks to one place and notes which fields the type there asks for.
struct FieldProbe<'a> {
    steps: &'a [Step],
    known: &'a mut Option<&'static [&'static str]>,
}

type ProbeError = serde::de::value::Error;

impl<'de> Deserializer<'de> for FieldProbe<'_> {
    type Error = ProbeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ProbeError> {
        match self.steps.first() {
            Some(Step::Field(_)) => visitor.visit_map(self),
            Some(Step::Entry) => visitor.visit_seq(self),
            None => Err(ProbeError::custom("arrived")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ProbeError> {
        if self.steps.is_empty() {
            *self.known = Some(fields);
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ProbeError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, ProbeError> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

impl<'de> MapAccess<'de> for FieldProbe<'_> {
    type Error = ProbeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ProbeError> {
        let Some(Step::Field(field)) = self.steps.first() else { return Ok(None) };
        seed.deserialize(StrDeserializer::<ProbeError>::new(field)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, ProbeError> {
        seed.deserialize(FieldProbe { steps: &self.steps[1..], known: &mut *self.known })
    }
}

impl<'de> SeqAccess<'de> for FieldProbe<'_> {
    type Error = ProbeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, ProbeError> {
        seed.deserialize(FieldProbe { steps: &self.steps[1..], known: &mut *self.known }).map(Some)
    }
}
