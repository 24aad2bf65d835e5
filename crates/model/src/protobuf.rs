//! Protocol buffers on the wire: just enough to take an ONNX file apart and to
//! put one together. Fields that are not asked for are kept byte by byte.

/// One field of a message, as it lies in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    /// Its number in the message's definition.
    pub(crate) number: u32,
    /// Its value.
    pub(crate) value: Value<'a>,
    /// All its bytes, key included.
    pub(crate) raw: &'a [u8],
}

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// An integer.
    Varint(u64),
    /// A string, bytes, a message or packed numbers.
    Bytes(&'a [u8]),
    /// Four or eight bytes of fixed width.
    Fixed,
}

impl<'a> Field<'a> {
    /// The bytes of a string or message; empty for anything else.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        if let Value::Bytes(bytes) = self.value { bytes } else { &[] }
    }

    /// The bytes as text; empty for anything else.
    pub(crate) fn text(&self) -> &'a str {
        str::from_utf8(self.bytes()).unwrap_or_default()
    }
}

/// The fields of `message` in order, or `None` if it is damaged.
pub(crate) fn fields(message: &[u8]) -> Option<Vec<Field<'_>>> {
    let mut fields = Vec::new();
    let mut rest = message;
    while !rest.is_empty() {
        let start = rest;
        let key = varint(&mut rest)?;
        let value = match key & 7 {
            0 => Value::Varint(varint(&mut rest)?),
            1 => take(&mut rest, 8).map(|_| Value::Fixed)?,
            2 => {
                let len = usize::try_from(varint(&mut rest)?).ok()?;
                Value::Bytes(take(&mut rest, len)?)
            }
            5 => take(&mut rest, 4).map(|_| Value::Fixed)?,
            _ => return None,
        };
        let raw = &start[..start.len() - rest.len()];
        fields.push(Field { number: u32::try_from(key >> 3).ok()?, value, raw });
    }
    Some(fields)
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(len)?;
    *rest = after;
    Some(taken)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take(rest, 1)?[0];
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// A message that is being written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message(Vec<u8>);

impl Message {
    /// Appends an integer.
    #[must_use]
    pub(crate) fn int(mut self, number: u32, value: u64) -> Message {
        self.key(number, 0);
        self.varint(value);
        self
    }

    /// Appends a string, bytes or a finished message.
    #[must_use]
    pub(crate) fn bytes(mut self, number: u32, value: impl AsRef<[u8]>) -> Message {
        self.key(number, 2);
        self.varint(value.as_ref().len() as u64);
        self.0.extend_from_slice(value.as_ref());
        self
    }

    /// Appends a field as it lay in another file.
    #[must_use]
    pub(crate) fn raw(mut self, field: &[u8]) -> Message {
        self.0.extend_from_slice(field);
        self
    }

    /// The finished message.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }

    fn key(&mut self, number: u32, wire_type: u64) {
        self.varint(u64::from(number) << 3 | wire_type);
    }

    fn varint(&mut self, mut value: u64) {
        while 0x80 <= value {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::{Message, Value, fields};

    #[test]
    fn what_is_written_is_read_again() {
        let inner = Message::default().int(1, 300).finish();
        let message = Message::default().bytes(2, "name").int(16, u64::MAX).bytes(3, &inner);
        let bytes = message.finish();
        let read = fields(&bytes).expect("undamaged");
        assert_eq!(read[0].text(), "name");
        assert_eq!((read[1].number, read[1].value), (16, Value::Varint(u64::MAX)));
        assert_eq!(fields(read[2].bytes()).expect("undamaged")[0].value, Value::Varint(300));
        let copy = read.iter().fold(Message::default(), |copy, it| copy.raw(it.raw)).finish();
        assert_eq!(copy, bytes);
    }

    #[test]
    fn damaged_messages_are_told() {
        let bytes = Message::default().bytes(2, "name").finish();
        assert_eq!(fields(&bytes[..3]), None);
        assert_eq!(fields(&[0xFF; 12]), None);
        assert_eq!(fields(&[0x0B]), None);
    }
}
