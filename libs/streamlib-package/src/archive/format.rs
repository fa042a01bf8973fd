//! The records of a ZIP file, in the one dialect that packages have.
//!
//! Source: APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16. The dialect: no ZIP64, no
//! encryption, no data descriptors, no extra fields, no comments, methods 0 and 8 only, the
//! entries one after the other from the first byte on, then the central directory, then the end.
//! So there is one way to read a package, and nothing in it that a reader could overlook.

/// Length of the fixed part of a local header.
pub(super) const LOCAL_BYTES: usize = 30;
/// Length of the fixed part of a record of the central directory.
pub(super) const CENTRAL_BYTES: usize = 46;
/// Length of the record at the end.
pub(super) const END_BYTES: usize = 22;

const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
const END_SIGNATURE: u32 = 0x0605_4b50;

/// The version needed for deflate (2.0).
const VERSION_NEEDED: u16 = 20;
/// Made by version 2.0 on Unix, so that the attributes are Unix's.
const MADE_BY: u16 = 3 << 8 | VERSION_NEEDED;
/// 1 January 1980, the earliest date there is.
const DATE: u16 = 1 << 5 | 1;
/// The name is UTF-8.
pub(super) const FLAG_UTF8: u16 = 1 << 11;
/// How hard it was deflated; it changes nothing for the reader.
const FLAG_EFFORT: u16 = 0b110;
/// Content as it is.
pub(super) const STORED: u16 = 0;
/// Content by deflate.
pub(super) const DEFLATED: u16 = 8;
/// An ordinary file that its owner may write and all may read.
const ATTRIBUTES: u32 = 0o100_644 << 16;

/// What both headers of an entry say about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) version: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) time: u16,
    pub(super) date: u16,
    pub(super) checksum: u32,
    pub(super) compressed: u32,
    pub(super) bytes: u32,
    pub(super) name_bytes: u16,
    pub(super) extra_bytes: u16,
}

impl Fields {
    /// Those of an entry that is written, by its name; sizes and checksum follow.
    pub(super) fn of_name(name: &str) -> Self {
        Self {
            version: VERSION_NEEDED,
            flags: if name.is_ascii() { 0 } else { FLAG_UTF8 },
            method: DEFLATED,
            time: 0,
            date: DATE,
            checksum: 0,
            compressed: 0,
            bytes: 0,
            // Names are checked before they are written: 512 bytes at most.
            name_bytes: u16::try_from(name.len()).unwrap_or(u16::MAX),
            extra_bytes: 0,
        }
    }

    /// What in them is outside of the dialect.
    pub(super) fn foreign(&self) -> Option<&'static str> {
        let is = |flag: u16| self.flags & flag != 0;
        match () {
            () if is(1) => Some("is encrypted"),
            () if is(1 << 3) => Some("has its size behind its content"),
            () if is(!(FLAG_UTF8 | FLAG_EFFORT)) => Some("has flags of later formats"),
            () if ![STORED, DEFLATED].contains(&self.method) => {
                Some("is compressed by another method than deflate")
            }
            () if self.compressed == u32::MAX || self.bytes == u32::MAX => Some("is in ZIP64 form"),
            () if self.extra_bytes != 0 => Some("has an extra field"),
            () => None,
        }
    }

    fn read(record: &[u8]) -> Option<Self> {
        let mut reader = Reader(record);
        Some(Self {
            version: reader.u16()?,
            flags: reader.u16()?,
            method: reader.u16()?,
            time: reader.u16()?,
            date: reader.u16()?,
            checksum: reader.u32()?,
            compressed: reader.u32()?,
            bytes: reader.u32()?,
            name_bytes: reader.u16()?,
            extra_bytes: reader.u16()?,
        })
    }

    fn write(&self, into: &mut Vec<u8>) {
        for value in [self.version, self.flags, self.method, self.time, self.date] {
            into.extend(value.to_le_bytes());
        }
        for value in [self.checksum, self.compressed, self.bytes] {
            into.extend(value.to_le_bytes());
        }
        into.extend(self.name_bytes.to_le_bytes());
        into.extend(self.extra_bytes.to_le_bytes());
    }

    /// The local header, without the name that follows it.
    pub(super) fn to_local(self) -> Vec<u8> {
        let mut record = LOCAL_SIGNATURE.to_le_bytes().to_vec();
        self.write(&mut record);
        record
    }

    /// Reads a local header, without the name that follows it. `None` if it is none.
    pub(super) fn of_local(record: &[u8; LOCAL_BYTES]) -> Option<Self> {
        let mut reader = Reader(record);
        (reader.u32()? == LOCAL_SIGNATURE).then(|| Self::read(reader.0))?
    }
}

/// A record of the central directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Central {
    pub(super) made_by: u16,
    pub(super) fields: Fields,
    pub(super) comment_bytes: u16,
    pub(super) disk: u16,
    pub(super) attributes: u32,
    pub(super) offset: u32,
}

/// What kind of file an entry is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Link,
    Other,
}

impl Central {
    /// That of an entry that is written.
    pub(super) fn of_entry(fields: Fields, offset: u32) -> Self {
        Self { made_by: MADE_BY, fields, comment_bytes: 0, disk: 0, attributes: ATTRIBUTES, offset }
    }

    /// What kind of file it says it is for.
    pub(super) fn kind(&self) -> Kind {
        // The upper half has the mode of Unix, whatever system is named: other readers look at it
        // too. The lower half has the attributes of DOS: 8 is a volume, 16 a folder.
        match (self.attributes >> 16) & 0o170_000 {
            0o120_000 => Kind::Link,
            0 | 0o100_000 if self.attributes & (8 | 16) == 0 => Kind::File,
            _ => Kind::Other,
        }
    }

    pub(super) fn write(&self, name: &str, into: &mut Vec<u8>) {
        into.extend(CENTRAL_SIGNATURE.to_le_bytes());
        into.extend(self.made_by.to_le_bytes());
        self.fields.write(into);
        into.extend(self.comment_bytes.to_le_bytes());
        into.extend(self.disk.to_le_bytes());
        into.extend(0_u16.to_le_bytes());
        into.extend(self.attributes.to_le_bytes());
        into.extend(self.offset.to_le_bytes());
        into.extend(name.as_bytes());
    }

    /// Takes a record with its name off the front of a central directory. `None` if there is none.
    pub(super) fn take<'a>(directory: &mut &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (record, rest) = directory.split_at_checked(CENTRAL_BYTES)?;
        let mut reader = Reader(record);
        if reader.u32()? != CENTRAL_SIGNATURE {
            return None;
        }
        let made_by = reader.u16()?;
        let fields = Fields::read(reader.0)?;
        reader.0 = &record[LOCAL_BYTES + 2..];
        let comment_bytes = reader.u16()?;
        let disk = reader.u16()?;
        let _internal = reader.u16()?;
        let central = Self {
            made_by,
            fields,
            comment_bytes,
            disk,
            attributes: reader.u32()?,
            offset: reader.u32()?,
        };
        let (name, rest) = rest.split_at_checked(fields.name_bytes.into())?;
        let passed = usize::from(fields.extra_bytes) + usize::from(comment_bytes);
        *directory = rest.get(passed..)?;
        Some((central, name))
    }
}

/// The record at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    pub(super) disks: [u16; 2],
    pub(super) entries_here: u16,
    pub(super) entries: u16,
    pub(super) directory_bytes: u32,
    pub(super) directory_at: u32,
    pub(super) comment_bytes: u16,
}

impl End {
    pub(super) fn write(&self, into: &mut Vec<u8>) {
        into.extend(END_SIGNATURE.to_le_bytes());
        for value in [self.disks[0], self.disks[1], self.entries_here, self.entries] {
            into.extend(value.to_le_bytes());
        }
        into.extend(self.directory_bytes.to_le_bytes());
        into.extend(self.directory_at.to_le_bytes());
        into.extend(self.comment_bytes.to_le_bytes());
    }

    /// Reads the record at the end. `None` if it is none.
    pub(super) fn read(record: &[u8; END_BYTES]) -> Option<Self> {
        let mut reader = Reader(record);
        if reader.u32()? != END_SIGNATURE {
            return None;
        }
        Some(Self {
            disks: [reader.u16()?, reader.u16()?],
            entries_here: reader.u16()?,
            entries: reader.u16()?,
            directory_bytes: reader.u32()?,
            directory_at: reader.u32()?,
            comment_bytes: reader.u16()?,
        })
    }
}

/// Whether a file begins as a ZIP file does.
pub(super) fn begins_as_archive(bytes: [u8; 4]) -> bool {
    [LOCAL_SIGNATURE, END_SIGNATURE].contains(&u32::from_le_bytes(bytes))
}

/// Takes numbers off the front of a record.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn u16(&mut self) -> Option<u16> {
        let (value, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_le_bytes(*value))
    }

    fn u32(&mut self) -> Option<u32> {
        let (value, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_as_they_are_written() {
        let mut fields = Fields::of_name("ä");
        (fields.checksum, fields.compressed, fields.bytes) = (0xdead_beef, 3, 70_000);
        let local: [u8; LOCAL_BYTES] = fields.to_local().try_into().unwrap();
        assert_eq!(Fields::of_local(&local), Some(fields));

        let central = Central::of_entry(fields, 0x0102_0304);
        let mut bytes = Vec::new();
        central.write("ä", &mut bytes);
        bytes.push(7);
        let mut rest = &bytes[..];
        assert_eq!(Central::take(&mut rest), Some((central, "ä".as_bytes())));
        assert_eq!((rest, central.kind()), (&[7][..], Kind::File));

        let end = End {
            disks: [1, 2],
            entries_here: 3,
            entries: 4,
            directory_bytes: 5,
            directory_at: 6,
            comment_bytes: 7,
        };
        let mut bytes = Vec::new();
        end.write(&mut bytes);
        assert_eq!(End::read(&bytes.try_into().unwrap()), Some(end));
    }

    #[test]
    fn the_mode_says_what_kind_of_file_it_is() {
        let kind = |attributes| {
            Central { attributes, ..Central::of_entry(Fields::of_name("a"), 0) }.kind()
        };
        assert_eq!(kind(0), Kind::File);
        assert_eq!(kind(0o100_755 << 16), Kind::File);
        assert_eq!(kind(0o120_777 << 16), Kind::Link);
        for other in [0o040_755 << 16, 0o060_644 << 16, 16, 8, 0o100_644 << 16 | 16] {
            assert_eq!(kind(other), Kind::Other, "{other:o}");
        }
    }
}
