//! `keygen`: the same bytes as OpenSSL's, for its owner only, and never over a key that is there.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::{Lab, Outcome};

fn openssl(lab: &Lab, args: &[&str]) -> String {
    let output = Command::new("openssl").args(args).current_dir(lab.home()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn read(lab: &Lab, name: &str) -> String {
    std::fs::read_to_string(lab.home().join(name)).unwrap()
}

/// `keygen` prints the public half and nothing of the private one.
#[track_caller]
fn keygen(lab: &Lab, flags: &[&str], code: i32) -> Outcome {
    lab.run(&[&["keygen"], flags].concat()).exits(code)
}

#[test]
fn a_pair_is_written_as_openssl_writes_it_and_openssl_agrees() {
    let lab = Lab::new("pair");
    let outcome = keygen(&lab, &[], 0).prints("-----BEGIN PUBLIC KEY-----").prints("key id: ");
    assert!(outcome.stdout.contains(read(&lab, "runner_public_key.pem").trim_end()), "{outcome}");
    let mode = |name: &str| std::fs::metadata(lab.home().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("runner_private_key.pem"), mode("runner_public_key.pem")), (0o600, 0o644));
    let (private, public) = (read(&lab, "runner_private_key.pem"), read(&lab, "runner_public_key.pem"));
    assert_eq!(openssl(&lab, &["pkey", "-in", "runner_private_key.pem"]), private, "byte for byte");
    assert_eq!(openssl(&lab, &["pkey", "-in", "runner_private_key.pem", "-pubout"]), public, "byte for byte");
}

#[test]
fn a_pair_of_openssl_is_read_and_its_public_half_is_the_same() {
    let lab = Lab::new("openssl");
    let _ = openssl(&lab, &["genpkey", "-algorithm", "ed25519", "-out", "runner_private_key.pem"]);
    let _ = openssl(&lab, &["pkey", "-in", "runner_private_key.pem", "-pubout", "-out", "runner_public_key.pem"]);
    let outcome = keygen(&lab, &["--check", "-o", "json"], 0);
    assert_eq!(outcome.json()["publicKey"], read(&lab, "runner_public_key.pem"));
    assert_eq!(outcome.json()["keyId"].as_str().unwrap().len(), 64);
}

#[test]
fn a_key_that_is_there_is_kept_unless_told_otherwise() {
    let lab = Lab::new("keep");
    let _ = keygen(&lab, &[], 0);
    let first = read(&lab, "runner_private_key.pem");
    let _ = keygen(&lab, &[], 4).says("is there already").says("--check").says("--force");
    assert_eq!(read(&lab, "runner_private_key.pem"), first);
    std::fs::remove_file(lab.home().join("runner_private_key.pem")).unwrap();
    let _ = keygen(&lab, &[], 4).says("runner_public_key.pem");
    assert!(!lab.home().join("runner_private_key.pem").exists());
    let _ = keygen(&lab, &["--force"], 0);
    assert_ne!(read(&lab, "runner_private_key.pem"), first);
    let _ = keygen(&lab, &["--check"], 0);
    let _ = keygen(&lab, &["--private-key-file=no/such/folder/key", "--public-key-file=x"], 2).says("no/such/folder");
    let _ = keygen(&lab, &["--private-key-file=half", "--public-key-file=no/such/folder/key"], 2);
    assert!(!lab.home().join("half").exists(), "a pair is written as a whole");
}

#[test]
fn a_key_that_is_none_is_called_by_its_problem() {
    let lab = Lab::new("bad");
    let _ = keygen(&lab, &[], 0);
    let good = read(&lab, "runner_private_key.pem");
    let public = read(&lab, "runner_public_key.pem");
    let _ = openssl(&lab, &["genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:x", "-out", "encrypted.pem"]);
    let _ = openssl(&lab, &["genpkey", "-algorithm", "x25519", "-out", "other.pem"]);
    let _ = openssl(&lab, &["pkey", "-in", "runner_private_key.pem", "-outform", "DER", "-out", "key.der"]);
    lab.file("empty.pem", "");
    lab.file("two.pem", &format!("{good}{good}"));
    lab.file("public.pem", &public);
    lab.file("cut.pem", &good[..good.len() / 2]);
    for (file, words) in [
        ("encrypted.pem", "encrypted"),
        ("other.pem", "only takes Ed25519"),
        ("key.der", ""),
        ("empty.pem", "is empty"),
        ("two.pem", "2 keys"),
        ("public.pem", "this is a public key"),
        ("cut.pem", ""),
        ("missing.pem", "reading"),
    ] {
        let flag = format!("--private-key-file={file}");
        let _ = keygen(&lab, &["--check", "--public-key-file=none", &flag], 2).says(file).says(words);
        if file != "missing.pem" {
            let outcome = lab.run(&["plan", &flag]).exits(2).says(file);
            assert!(!outcome.stderr.contains(good.lines().nth(1).unwrap()), "{outcome}");
        }
    }
    lab.file("crlf.pem", &good.replace('\n', "\r\n"));
    let _ = keygen(&lab, &["--check", "--private-key-file=crlf.pem"], 0);
    let _ = lab.run(&["register", "--public-key-file=runner_private_key.pem"]).exits(2).says("this is a private key");
    assert!(lab.orchestrator.requests().is_empty(), "all of this is said before any request");
}

#[test]
fn two_files_that_are_no_pair_are_refused() {
    let lab = Lab::new("nopair");
    let _ = keygen(&lab, &[], 0);
    let _ = keygen(&lab, &["--private-key-file=b.pem", "--public-key-file=b.pub"], 0);
    let _ = keygen(&lab, &["--check", "--public-key-file=b.pub"], 4).says("is not the public half");
}
