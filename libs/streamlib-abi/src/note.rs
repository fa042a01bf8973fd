//! The note in a plugin file that says what the plugin was built for and what it offers. It stands
//! in a section of its own and holds no pointers, so that it can be read without loading the file,
//! which would run code of the plugin.
//!
//! The note is the fixed [`AbiNote`], then the names: one line `name@version` for each processor.

/// What a note starts with.
pub const NOTE_MAGIC: [u8; 16] = *b"StreamLib plugin";

/// The section of the note in an ELF file.
pub const NOTE_SECTION_ELF: &str = ".streamlib.abi";
/// The section of the note in a Mach-O file, in the segment `__DATA`.
pub const NOTE_SECTION_MACH_O: &str = "__sl_abi";
/// The section of the note in a PE file, where names have 8 characters at most.
pub const NOTE_SECTION_PE: &str = ".slabi";

/// The fixed part of the note. Numbers are in the byte order of the machine it was built for; texts
/// are UTF-8, filled up with zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub struct AbiNote {
    /// Always [`NOTE_MAGIC`].
    pub magic: [u8; 16],
    /// Size of this struct as its writer knows it, in bytes: the names begin there.
    pub size: u32,
    /// [`crate::ABI_VERSION_MAJOR`] of the writer.
    pub abi_major: u32,
    /// [`crate::ABI_VERSION_MINOR`] of the writer.
    pub abi_minor: u32,
    /// A set of bits, `FLAG_..` of this type; those that a reader does not know mean nothing to it.
    pub flags: u32,
    /// How many bytes the names take.
    pub names_length: u32,
    /// How many processors there are: as many as lines.
    pub processor_count: u32,
    /// The version of `streamlib-plugin`.
    pub api_version: [u8; 32],
    /// The compiler, as `rustc --version` says.
    pub rustc: [u8; 96],
    /// What it was built for, a target triple.
    pub target: [u8; 64],
}

const _: () = assert!(size_of::<AbiNote>() == 232);

impl AbiNote {
    /// Panics of the plugin unwind, so that its calls can catch them.
    pub const FLAG_UNWINDS: u32 = 1;

    /// The note of a plugin that is built for this ABI. Texts that are too long are cut.
    pub const fn new(
        api_version: &str,
        rustc: &str,
        target: &str,
        names_length: usize,
        processor_count: usize,
    ) -> Self {
        Self {
            magic: NOTE_MAGIC,
            size: size_of::<Self>() as u32,
            abi_major: crate::ABI_VERSION_MAJOR,
            abi_minor: crate::ABI_VERSION_MINOR,
            flags: Self::FLAG_UNWINDS,
            names_length: names_length as u32,
            processor_count: processor_count as u32,
            api_version: text(api_version),
            rustc: text(rustc),
            target: text(target),
        }
    }
}

/// A note as it lies in a file: the fixed part and `N` bytes of names.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct NoteSection<const N: usize> {
    /// The fixed part.
    pub note: AbiNote,
    /// One line `name@version` a processor.
    pub names: [u8; N],
}

impl<const N: usize> NoteSection<N> {
    /// The note of these processors, each a name and a version, whose lines take `N` bytes: see
    /// [`names_length`].
    pub const fn new(
        api_version: &str,
        rustc: &str,
        target: &str,
        processors: &[(&str, &str)],
    ) -> Self {
        let mut names = [0; N];
        let mut end = 0;
        let mut index = 0;
        while index < processors.len() {
            let (name, version) = processors[index];
            end = append(&mut names, end, name.as_bytes());
            end = append(&mut names, end, b"@");
            end = append(&mut names, end, version.as_bytes());
            end = append(&mut names, end, b"\n");
            index += 1;
        }
        Self { note: AbiNote::new(api_version, rustc, target, N, processors.len()), names }
    }
}

/// How many bytes the lines of these processors take.
pub const fn names_length(processors: &[(&str, &str)]) -> usize {
    let mut length = 0;
    let mut index = 0;
    while index < processors.len() {
        let (name, version) = processors[index];
        length += name.len() + version.len() + 2;
        index += 1;
    }
    length
}

const fn append(bytes: &mut [u8], at: usize, text: &[u8]) -> usize {
    let mut index = 0;
    while index < text.len() {
        bytes[at + index] = text[index];
        index += 1;
    }
    at + index
}

/// `text` in a place of `N` bytes, cut before a character that does not fit whole.
const fn text<const N: usize>(text: &str) -> [u8; N] {
    let bytes = text.as_bytes();
    let mut length = if bytes.len() < N { bytes.len() } else { N };
    // Bytes that go on a character have `10` as their highest bits.
    while length < bytes.len() && length > 0 && bytes[length] & 0xc0 == 0x80 {
        length -= 1;
    }
    let mut place = [0; N];
    let mut index = 0;
    while index < length {
        place[index] = bytes[index];
        index += 1;
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_lines_behind_the_note() {
        const PROCESSORS: &[(&str, &str)] = &[("com.a", "1.0.0"), ("com.b", "2.1.0")];
        const LENGTH: usize = names_length(PROCESSORS);
        const SECTION: NoteSection<LENGTH> =
            NoteSection::new("0.1.0", "rustc 1.95.0", "x86_64-unknown-linux-gnu", PROCESSORS);
        assert_eq!(SECTION.names, *b"com.a@1.0.0\ncom.b@2.1.0\n");
        assert_eq!(SECTION.note.names_length, 24);
        assert_eq!(SECTION.note.processor_count, 2);
        assert_eq!(std::mem::offset_of!(NoteSection<LENGTH>, names), SECTION.note.size as usize);
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_between_characters() {
        assert_eq!(text::<4>("ab"), *b"ab\0\0");
        assert_eq!(text::<4>("abcd"), *b"abcd");
        assert_eq!(text::<4>("abcde"), *b"abcd");
        assert_eq!(text::<4>("abc\u{e9}"), *b"abc\0");
    }
}
