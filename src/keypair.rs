//! The runner's Ed25519 key pair: made in memory, read from PEM as people have it, written as OpenSSL writes it.
//!
//! A private key is always written from its 32 bytes, never copied from a file, so what is stored is the one form
//! that every reader knows. No error carries any text of a key.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::pkcs8::PrivateKeyInfoRef;
use ed25519_dalek::pkcs8::spki::der::Decode;
use ed25519_dalek::pkcs8::spki::{AlgorithmIdentifierRef, ObjectIdentifier, SubjectPublicKeyInfoRef};
use ed25519_dalek::{SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::failure::{Failure, FailureKind};

/// Which half of a key pair is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// The half that stays in the cluster.
    Private,
    /// The half that is registered.
    Public,
}

impl fmt::Display for Half {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Private => "private key",
            Self::Public => "public key",
        })
    }
}

impl Half {
    fn label(self) -> &'static str {
        match self {
            Self::Private => "PRIVATE KEY",
            Self::Public => "PUBLIC KEY",
        }
    }

    /// The option of `openssl pkey` that makes it read, or write, this half.
    fn openssl_option(self, option: &'static str) -> &'static str {
        if self == Self::Public { option } else { "" }
    }
}

/// Why a text is not the key that was expected. The text itself is never part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is nothing but white space.
    #[error("the {0} is empty")]
    Empty(Half),
    /// There is text, but no PEM block in it.
    #[error("the {0} is not PEM text: it has no line `-----BEGIN {label}-----`", label = .0.label())]
    NotPem(Half),
    /// Bytes that are no text.
    #[error("the {0} is binary (DER) instead of PEM text")]
    Binary(Half),
    /// The base64 of a PEM text, or of DER, instead of the PEM text.
    #[error("the {half} is encoded in base64 {}", if *.of_pem { "twice" } else { "but has no BEGIN and END lines" })]
    Encoded {
        /// Which half was expected.
        half: Half,
        /// Whether decoding gives PEM text.
        of_pem: bool,
    },
    /// `\n` written as two characters.
    #[error("the {0} has its line breaks written out as `\\n`")]
    EscapedLineBreaks(Half),
    /// OpenSSH's own formats.
    #[error("the {0} is in OpenSSH's format, as ssh-keygen writes it")]
    OpenSsh(Half),
    /// A private key that is protected by a passphrase.
    #[error("the private key is encrypted with a passphrase; the agent cannot ask for it")]
    Encrypted,
    /// The public half where the private one is expected.
    #[error("this is a public key; the private key is expected here")]
    PublicForPrivate,
    /// The private half where the public one is expected.
    #[error("this is a private key; only the public key belongs here")]
    PrivateForPublic,
    /// Something else that PEM can hold, such as a certificate.
    #[error("expected a {half}, found `{label}`")]
    OtherPem {
        /// Which half was expected.
        half: Half,
        /// The label of the PEM block.
        label: String,
    },
    /// More than one key.
    #[error("there are {count} keys in it; one {half} is expected")]
    SeveralKeys {
        /// Which half was expected.
        half: Half,
        /// How many there are.
        count: usize,
    },
    /// A key of another algorithm.
    #[error("the {half} is {algorithm}; the Orchestrator only takes Ed25519")]
    Algorithm {
        /// Which half was expected.
        half: Half,
        /// The algorithm with its article, e.g. `an RSA key`.
        algorithm: String,
    },
    /// Cut off or changed.
    #[error("the {half} is damaged: {problem}")]
    Damaged {
        /// Which half was expected.
        half: Half,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The operating system gives no random bytes.
    #[error("no random bytes from the operating system: {0}")]
    NoRandomness(String),
}

impl KeyError {
    /// What to do about it: a command to type where there is one.
    pub fn remedy(&self) -> Option<String> {
        const NEW_KEY: &str = "make a new pair with `runner-setup keygen`";
        Some(match self {
            Self::Empty(_) | Self::NotPem(_) | Self::NoRandomness(_) => return None,
            Self::Binary(half) => {
                let (inn, out) = (half.openssl_option(" -pubin"), half.openssl_option(" -pubout"));
                format!("openssl pkey -inform DER{inn} -in FILE{out} -out FILE.pem")
            }
            Self::Encoded { of_pem: true, .. } => "decode it once: base64 -d FILE > FILE.pem".to_owned(),
            Self::Encoded { half, of_pem: false } => {
                let (inn, out) = (half.openssl_option(" -pubin"), half.openssl_option(" -pubout"));
                format!("base64 -d FILE | openssl pkey -inform DER{inn}{out} -out FILE.pem")
            }
            Self::EscapedLineBreaks(_) => "write real line breaks: printf '%b' \"$(cat FILE)\" > FILE.pem".to_owned(),
            Self::Encrypted => "take the passphrase off: openssl pkey -in FILE -out FILE.pem".to_owned(),
            Self::PublicForPrivate => "give the file that has `-----BEGIN PRIVATE KEY-----`".to_owned(),
            Self::PrivateForPublic => "openssl pkey -in FILE -pubout".to_owned(),
            Self::SeveralKeys { .. } => "keep one key in the file".to_owned(),
            Self::OpenSsh(Half::Private)
            | Self::OtherPem { half: Half::Private, .. }
            | Self::Damaged { half: Half::Private, .. }
            | Self::Algorithm { .. } => NEW_KEY.to_owned(),
            Self::OpenSsh(_) | Self::OtherPem { .. } | Self::Damaged { .. } => {
                "write it again from the private key: openssl pkey -in PRIVATE_KEY_FILE -pubout".to_owned()
            }
        })
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        let kind = match error {
            KeyError::NoRandomness(_) => FailureKind::Bug,
            _ => FailureKind::Usage,
        };
        let failure = Self::of(kind, &error);
        match error.remedy() {
            Some(remedy) => failure.hint(remedy),
            None => failure,
        }
    }
}

/// What stands before the 32 bytes in PKCS#8 v1, and in SubjectPublicKeyInfo.
const PKCS8_V1_PREFIX: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
const SPKI_PREFIX: [u8; 12] = *b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// The private half. Wiped from memory when dropped; cannot be printed or serialised.
pub struct PrivateKey(SigningKey);

impl PrivateKey {
    /// Makes a new key in memory.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0_u8; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(|error| KeyError::NoRandomness(error.to_string()))?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// Reads PKCS#8 PEM, v1 or v2; a byte order mark, CRLF and white space around it do not matter.
    ///
    /// # Errors
    /// A [`KeyError`] that says what the text is instead.
    pub fn from_pem(text: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let half = Half::Private;
        let der = read(text.as_ref(), half)?;
        let info =
            PrivateKeyInfoRef::from_der(&der).map_err(|_| KeyError::Damaged { half, problem: "it is not PKCS#8" })?;
        check_algorithm(info.algorithm, half)?;
        let key = SigningKey::try_from(info).map_err(|_| KeyError::Damaged {
            half,
            problem: "its bytes are not an Ed25519 key, or the public key attached to it is of another one",
        })?;
        Ok(Self(key))
    }

    /// The PKCS#8 v1 PEM, byte for byte what `openssl genpkey -algorithm ed25519` writes.
    pub fn expose_pem(&self) -> Zeroizing<String> {
        let mut der = Zeroizing::new([0_u8; 48]);
        der[..16].copy_from_slice(&PKCS8_V1_PREFIX);
        der[16..].copy_from_slice(self.0.as_bytes());
        // Large enough from the start: a string that grows leaves a copy behind.
        let mut pem = Zeroizing::new(String::with_capacity(128));
        pem.push_str("-----BEGIN PRIVATE KEY-----\n");
        STANDARD.encode_string(der.as_slice(), &mut pem);
        pem.push_str("\n-----END PRIVATE KEY-----\n");
        pem
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey([redacted])")
    }
}

/// The public half, the one that is registered.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads SubjectPublicKeyInfo PEM; a byte order mark, CRLF and white space around it do not matter.
    ///
    /// # Errors
    /// A [`KeyError`] that says what the text is instead.
    pub fn from_pem(text: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let half = Half::Public;
        let der = read(text.as_ref(), half)?;
        let info = SubjectPublicKeyInfoRef::from_der(&der)
            .map_err(|_| KeyError::Damaged { half, problem: "it is not a SubjectPublicKeyInfo" })?;
        check_algorithm(info.algorithm, half)?;
        let damaged = || KeyError::Damaged { half, problem: "its bytes are not an Ed25519 key" };
        let bytes = info.subject_public_key.as_bytes().and_then(|bytes| bytes.try_into().ok()).ok_or_else(damaged)?;
        VerifyingKey::from_bytes(bytes).map(Self).map_err(|_| damaged())
    }

    /// The SubjectPublicKeyInfo PEM, byte for byte what `openssl pkey -pubout` writes, as the Orchestrator wants it.
    pub fn to_pem(&self) -> String {
        let der = [SPKI_PREFIX.as_slice(), self.0.as_bytes()].concat();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
    }

    /// The lower-case hex SHA-256 of the 32 bytes: the `kid` under which the agent signs.
    pub fn key_id(&self) -> String {
        Sha256::digest(self.0.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Enough of the id to tell two keys apart by eye: its first 16 digits.
    pub fn short_id(&self) -> String {
        self.key_id().chars().take(16).collect()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.key_id())
    }
}

/// Finds the one PEM block of the expected kind and returns what it holds.
fn read(bytes: &[u8], half: Half) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let text = decode_text(bytes).ok_or(KeyError::Binary(half))?;
    let text = text.trim();
    if text.is_empty() {
        return Err(KeyError::Empty(half));
    }
    if text.starts_with("ssh-") || text.starts_with("ecdsa-sha2-") {
        return Err(if half == Half::Private { KeyError::PublicForPrivate } else { KeyError::OpenSsh(half) });
    }
    let blocks: Vec<_> = text.split("-----BEGIN ").skip(1).map(split_label).collect();
    if blocks.is_empty() {
        return Err(match base64_of(text) {
            Some(inner) if inner.starts_with(b"-----BEGIN ") => KeyError::Encoded { half, of_pem: true },
            Some(inner) if inner.starts_with(b"0") => KeyError::Encoded { half, of_pem: false },
            _ => KeyError::NotPem(half),
        });
    }
    let damaged = |problem| KeyError::Damaged { half, problem };
    let blocks: Vec<_> =
        blocks.into_iter().collect::<Option<_>>().ok_or_else(|| damaged("its BEGIN line is incomplete"))?;
    let keys: Vec<_> = blocks.iter().filter(|(label, _)| label.ends_with("KEY")).collect();
    let (label, rest) = match keys.as_slice() {
        [] => return Err(KeyError::OtherPem { half, label: blocks[0].0.to_owned() }),
        [key] => key,
        several => return Err(KeyError::SeveralKeys { half, count: several.len() }),
    };
    check_label(label, half)?;
    let (body, _) = rest
        .split_once(&format!("-----END {label}-----"))
        .ok_or_else(|| damaged("its END line is missing, so it may be cut off"))?;
    if body.contains("\\n") {
        return Err(KeyError::EscapedLineBreaks(half));
    }
    base64_of(body).ok_or_else(|| damaged("what stands between BEGIN and END is not base64"))
}

/// Splits a block into its label and the rest. Labels go into errors, so one that might be part of a key is none.
fn split_label(block: &str) -> Option<(&str, &str)> {
    let (label, rest) = block.split_once("-----")?;
    let is_label = label.len() <= 40 && label.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'0'..=b'9' | b' '));
    is_label.then_some((label, rest))
}

/// UTF-8 or, as PowerShell writes files, UTF-16 with a byte order mark. `None` when it is no text.
fn decode_text(bytes: &[u8]) -> Option<Zeroizing<String>> {
    let utf16 = |unit: fn([u8; 2]) -> u16| {
        let units = Zeroizing::new(
            bytes[2..].chunks(2).map(|two| unit([two[0], *two.get(1).unwrap_or(&0)])).collect::<Vec<_>>(),
        );
        String::from_utf16(&units).ok().map(Zeroizing::new)
    };
    match bytes {
        [0xff, 0xfe, ..] => utf16(u16::from_le_bytes),
        [0xfe, 0xff, ..] => utf16(u16::from_be_bytes),
        _ if bytes.contains(&0) => None,
        _ => {
            let text = std::str::from_utf8(bytes).ok()?;
            Some(Zeroizing::new(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned()))
        }
    }
}

fn base64_of(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut packed = Zeroizing::new(Vec::with_capacity(text.len()));
    packed.extend(text.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len()));
    if STANDARD.decode_vec(&packed, &mut decoded).is_err() {
        decoded.zeroize();
        return None;
    }
    Some(decoded)
}

fn check_label(label: &str, half: Half) -> Result<(), KeyError> {
    let algorithm = |name: &str| Err(KeyError::Algorithm { half, algorithm: name.to_owned() });
    match (label, half) {
        ("PRIVATE KEY", Half::Private) | ("PUBLIC KEY", Half::Public) => Ok(()),
        ("PUBLIC KEY" | "RSA PUBLIC KEY" | "SSH2 PUBLIC KEY", Half::Private) => Err(KeyError::PublicForPrivate),
        (_, Half::Public) if label.ends_with("PRIVATE KEY") => Err(KeyError::PrivateForPublic),
        ("OPENSSH PRIVATE KEY" | "SSH2 PUBLIC KEY", _) => Err(KeyError::OpenSsh(half)),
        ("ENCRYPTED PRIVATE KEY", _) => Err(KeyError::Encrypted),
        ("EC PRIVATE KEY", _) => algorithm("an EC key (`EC PRIVATE KEY`)"),
        ("DSA PRIVATE KEY", _) => algorithm("a DSA key (`DSA PRIVATE KEY`)"),
        ("RSA PRIVATE KEY" | "RSA PUBLIC KEY", _) => algorithm(&format!("an RSA key (`{label}`)")),
        _ => Err(KeyError::OtherPem { half, label: label.to_owned() }),
    }
}

fn check_algorithm(identifier: AlgorithmIdentifierRef<'_>, half: Half) -> Result<(), KeyError> {
    let oid = identifier.oid;
    if oid == ED25519 {
        return Ok(());
    }
    let algorithm = match oid.to_string().as_str() {
        "1.2.840.113549.1.1.1" => "an RSA key".to_owned(),
        "1.2.840.113549.1.1.10" => "an RSA-PSS key".to_owned(),
        "1.2.840.113549.1.3.1" => "a Diffie-Hellman key".to_owned(),
        "1.2.840.10040.4.1" => "a DSA key".to_owned(),
        "1.3.101.110" => "an X25519 key, which cannot sign".to_owned(),
        "1.3.101.111" => "an X448 key, which cannot sign".to_owned(),
        "1.3.101.113" => "an Ed448 key".to_owned(),
        "1.2.840.10045.2.1" => match identifier.parameters_oid().map(|curve| curve.to_string()).as_deref() {
            Ok("1.2.840.10045.3.1.7") => "an EC key (curve P-256)".to_owned(),
            Ok("1.3.132.0.34") => "an EC key (curve P-384)".to_owned(),
            Ok("1.3.132.0.35") => "an EC key (curve P-521)".to_owned(),
            Ok("1.3.132.0.10") => "an EC key (curve secp256k1)".to_owned(),
            _ => "an EC key".to_owned(),
        },
        other => format!("a key of the algorithm with the OID {other}"),
    };
    Err(KeyError::Algorithm { half, algorithm })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    /// Runs the real openssl with `input` on its standard input.
    fn openssl(arguments: &str, input: &[u8]) -> Vec<u8> {
        let mut child = Command::new("openssl")
            .args(arguments.split_whitespace())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    fn new_pem() -> Vec<u8> {
        openssl("genpkey -algorithm ed25519", b"")
    }

    fn private_error(text: impl AsRef<[u8]>) -> String {
        PrivateKey::from_pem(text).unwrap_err().to_string()
    }

    fn public_error(text: impl AsRef<[u8]>) -> String {
        PublicKey::from_pem(text).unwrap_err().to_string()
    }

    #[test]
    fn openssl_s_own_key_is_written_back_byte_for_byte() {
        let pem = new_pem();
        let key = PrivateKey::from_pem(&pem).unwrap();
        assert_eq!(key.expose_pem().as_bytes(), pem);
        assert_eq!(key.public().to_pem().as_bytes(), openssl("pkey -pubout", &pem));
    }

    #[test]
    fn openssl_reads_what_is_generated_here() {
        let key = PrivateKey::generate().unwrap();
        let pem = key.expose_pem();
        assert_eq!(openssl("pkey", pem.as_bytes()), pem.as_bytes());
        let public = openssl("pkey -pubout", pem.as_bytes());
        assert_eq!(public, key.public().to_pem().as_bytes());
        assert_eq!(PublicKey::from_pem(&public).unwrap(), key.public());
        assert_ne!(key.public(), PrivateKey::generate().unwrap().public());
    }

    #[test]
    fn the_key_id_is_the_hash_of_the_public_bytes() {
        let pem = new_pem();
        let der = openssl("pkey -pubout -outform DER", &pem);
        let hash = openssl("dgst -sha256 -hex", &der[12..]);
        let hash = String::from_utf8(hash).unwrap();
        assert_eq!(hash.trim().rsplit(' ').next().unwrap(), PrivateKey::from_pem(&pem).unwrap().public().key_id());
    }

    #[test]
    fn what_editors_do_to_a_key_does_not_matter() {
        let pem = String::from_utf8(new_pem()).unwrap();
        let public = PrivateKey::from_pem(&pem).unwrap().public();
        let utf16: Vec<u8> = std::iter::once(0xfeff).chain(pem.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert_eq!(PrivateKey::from_pem(utf16).unwrap().public(), public);
        for mangled in [
            pem.replace('\n', "\r\n"),
            format!("\u{feff}{pem}"),
            format!("\n\n  {pem}\n\n "),
            pem.trim_end().to_owned(),
            pem.replace('\n', " "),
            format!("Private-Key: (our runner)\n{pem}"),
        ] {
            assert_eq!(PrivateKey::from_pem(&mangled).unwrap().public(), public, "{mangled:?}");
        }
        let crlf = public.to_pem().replace('\n', "\r\n");
        assert_eq!(PublicKey::from_pem(crlf).unwrap(), public);
    }

    #[test]
    fn the_form_with_the_public_key_attached_is_read_and_checked() {
        let key = PrivateKey::generate().unwrap();
        let v2 = |public: &PublicKey| {
            let mut der = b"\x30\x51\x02\x01\x01\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
            der.extend(key.0.as_bytes());
            der.extend(b"\x81\x21\x00");
            der.extend(public.0.as_bytes());
            format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
        };
        assert_eq!(PrivateKey::from_pem(v2(&key.public())).unwrap().public(), key.public());
        let stranger = PrivateKey::generate().unwrap().public();
        assert!(private_error(v2(&stranger)).contains("is of another one"));
    }

    #[test]
    fn other_algorithms_are_named() {
        for (arguments, name) in [
            ("-algorithm RSA -pkeyopt rsa_keygen_bits:1024", "an RSA key"),
            ("-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "an EC key (curve P-256)"),
            ("-algorithm X25519", "an X25519 key, which cannot sign"),
            ("-algorithm ED448", "an Ed448 key"),
        ] {
            let pem = openssl(&format!("genpkey {arguments}"), b"");
            let end = format!("is {name}; the Orchestrator only takes Ed25519");
            assert_eq!(private_error(&pem), format!("the private key {end}"));
            assert_eq!(public_error(openssl("pkey -pubout", &pem)), format!("the public key {end}"));
        }
        let ec = openssl("ecparam -name prime256v1 -genkey", b"");
        assert!(private_error(ec).starts_with("the private key is an EC key (`EC PRIVATE KEY`)"));
        let rsa = openssl("genrsa -traditional 1024", b"");
        assert!(private_error(rsa).starts_with("the private key is an RSA key (`RSA PRIVATE KEY`)"));
    }

    #[test]
    fn other_containers_are_named_with_what_to_do() {
        let pem = new_pem();
        let encrypted = PrivateKey::from_pem(openssl("pkey -aes256 -passout pass:x", &pem)).unwrap_err();
        assert_eq!(encrypted, KeyError::Encrypted);
        assert_eq!(encrypted.remedy().unwrap(), "take the passphrase off: openssl pkey -in FILE -out FILE.pem");
        let der = openssl("pkey -outform DER", &pem);
        assert_eq!(private_error(&der), "the private key is binary (DER) instead of PEM text");
        assert_eq!(private_error(STANDARD.encode(&pem)), "the private key is encoded in base64 twice");
        assert_eq!(
            private_error(STANDARD.encode(&der)),
            "the private key is encoded in base64 but has no BEGIN and END lines"
        );
        let ssh = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn\n-----END OPENSSH PRIVATE KEY-----\n";
        assert_eq!(private_error(ssh), "the private key is in OpenSSH's format, as ssh-keygen writes it");
        assert_eq!(
            public_error("ssh-ed25519 AAAA me"),
            "the public key is in OpenSSH's format, as ssh-keygen writes it"
        );
        let certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        assert_eq!(private_error(certificate), "expected a private key, found `CERTIFICATE`");
        let escaped = String::from_utf8(pem).unwrap().replace('\n', "\\n");
        assert_eq!(private_error(escaped), "the private key has its line breaks written out as `\\n`");
    }

    #[test]
    fn swapped_doubled_empty_and_cut_keys_say_so() {
        let pem = String::from_utf8(new_pem()).unwrap();
        let public = PrivateKey::from_pem(&pem).unwrap().public().to_pem();
        assert_eq!(private_error(&public), "this is a public key; the private key is expected here");
        assert_eq!(public_error(&pem), "this is a private key; only the public key belongs here");
        assert_eq!(private_error(format!("{pem}{pem}")), "there are 2 keys in it; one private key is expected");
        assert_eq!(private_error(" \n"), "the private key is empty");
        assert!(private_error("hello").starts_with("the private key is not PEM text"));
        assert!(private_error(&pem[..60]).contains("its END line is missing"));
        assert!(private_error(pem.replacen("MC4C", "MC4*", 1)).contains("is not base64"));
        assert!(private_error(pem.replacen("MC4C", "AAAA", 1)).contains("it is not PKCS#8"));
    }

    #[test]
    fn nothing_prints_a_key() {
        let key = PrivateKey::generate().unwrap();
        assert_eq!(format!("{key:?}"), "PrivateKey([redacted])");
        let pem = key.expose_pem();
        let secret = pem.lines().nth(1).unwrap();
        for text in [
            pem.replace("-----END", "--END"),
            pem.replacen("KEY-----", "KEY", 1),
            pem.replace("PRIVATE", "PUBLIC"),
            STANDARD.encode(pem.as_bytes()),
        ] {
            let error = PrivateKey::from_pem(text).unwrap_err();
            assert!(!format!("{error:?} {error} {:?}", Failure::from(error.clone())).contains(&secret[20..]));
        }
    }
}
