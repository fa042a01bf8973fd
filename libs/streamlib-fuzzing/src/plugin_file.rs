use streamlib_package::PluginFile;

/// A plugin file. What is read of it says something, and can be compared with this machine and with
/// a manifest.
///
/// # Panics
/// Only if a promise is broken.
pub fn plugin_file(bytes: &[u8]) {
    match PluginFile::read(bytes) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(file) => {
            let loadable = file.check_here().is_ok();
            assert!(!loadable || file.abi.0 == 1);
            assert!(file.check_names(&file.processors).is_ok(), "it is not what it says");
            let texts = [&file.target, &file.rustc, &file.api_version];
            assert!(texts.iter().all(|text| text.len() <= bytes.len()));
            assert!(file.processors.len() <= bytes.len());
        }
    }
}
