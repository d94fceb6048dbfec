//! Which certificate authorities are trusted: the system's, and those that a person adds.

use std::path::Path;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::failure::{Failure, FailureKind};
use crate::process::Process;

/// Where systems keep their bundle; the first one that is there is the one in use. The same list as Go's.
const SYSTEM_BUNDLES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// What such a file has to be.
const WANTED: &str = "name a file of certificates in PEM, one or several";

/// The PEM bundles to trust besides what a TLS library trusts by itself; `said` is where the file was named.
///
/// A library that finds `SSL_CERT_FILE` or `SSL_CERT_DIR` forgets the system's roots over it, so they are added here.
///
/// # Errors
/// The file can't be read, or holds no certificates.
pub fn added_roots(process: &Process, named: Option<&Path>, said: &str) -> Result<Vec<Vec<u8>>, Failure> {
    let mut bundles = Vec::new();
    if let Some(file) = named {
        let bundle = std::fs::read(process.path(file)).map_err(|error| {
            Failure::new(FailureKind::Usage, format!("reading `{}` of {said}", file.display()))
                .cause(error.to_string())
                .hint(WANTED)
        })?;
        check_bundle(&bundle, &file.display().to_string(), said)?;
        bundles.push(bundle);
    }
    if process.var("SSL_CERT_FILE").is_some() || process.var("SSL_CERT_DIR").is_some() {
        let system = SYSTEM_BUNDLES.iter().find_map(|path| std::fs::read(path).ok());
        bundles.extend(system.filter(|bundle| check_bundle(bundle, "", "").is_ok()));
    }
    Ok(bundles)
}

/// Refuses what is no PEM bundle, or an empty one.
///
/// # Errors
/// There is no certificate in it, or a damaged one.
pub fn check_bundle(bundle: &[u8], file: &str, said: &str) -> Result<(), Failure> {
    let refuse = |cause: String| {
        Failure::new(FailureKind::Usage, format!("`{file}` of {said} holds no usable certificates"))
            .cause(cause)
            .hint(WANTED)
    };
    let mut count = 0;
    for certificate in CertificateDer::pem_slice_iter(bundle) {
        certificate.map_err(|error| refuse(error.to_string()))?;
        count += 1;
    }
    if count == 0 { Err(refuse("there is no `-----BEGIN CERTIFICATE-----` in it".to_owned())) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_in_the_environment_adds_to_the_system_s_and_does_not_replace_it() {
        let has_system = SYSTEM_BUNDLES.iter().any(|path| Path::new(path).exists());
        let mut process = Process::default();
        assert_eq!(added_roots(&process, None, "").unwrap().len(), 0, "a library trusts the system by itself");
        process.env.insert("SSL_CERT_DIR".to_owned(), "/nowhere".to_owned());
        assert_eq!(added_roots(&process, None, "").unwrap().len(), usize::from(has_system));
    }

    #[test]
    fn what_holds_no_certificate_is_refused() {
        let failure = check_bundle(b"hello", "a.pem", "`--ca-file`").unwrap_err();
        assert_eq!(failure.message, "`a.pem` of `--ca-file` holds no usable certificates");
    }
}
