//! What a failing credential plugin says, without anything that it may have printed for the client alone.

use kube::client::AuthError;

/// The most characters of a plugin's own words that are repeated.
const MOST_WORDS: usize = 400;

/// Names what failed and why. Neither a plugin's standard output (where tokens go) nor its environment is repeated; its
/// standard error, which is for people, is.
pub(super) fn told(error: &AuthError) -> String {
    match error {
        AuthError::AuthExecStart(source) => format!("the credential plugin could not be started: {source}"),
        AuthError::AuthExecRun { out, .. } => {
            let words = String::from_utf8_lossy(&out.stderr);
            let words: String =
                words.trim().chars().filter(|c| !c.is_control() || *c == '\n').take(MOST_WORDS).collect();
            let words = if words.is_empty() {
                "what it said, if anything, stands above".to_owned()
            } else {
                words.replace('\n', "; ")
            };
            format!("the credential plugin failed with {}: {words}", out.status)
        }
        AuthError::AuthExecParse(_) => "the credential plugin printed no ExecCredential in JSON".to_owned(),
        AuthError::AuthExecSerialize(_) => "the credential plugin could not be told about the cluster".to_owned(),
        AuthError::AuthExec(_) => "the credential plugin's answer can't be used".to_owned(),
        AuthError::MissingCommand => "the kubeconfig names no command for its credential plugin".to_owned(),
        AuthError::ExecPluginFailed => "the credential plugin answered neither a token nor a certificate".to_owned(),
        AuthError::ReadTokenFile(source, file) => format!("reading the token in {}: {source}", file.display()),
        _ => "the kubeconfig's credentials can't be used".to_owned(),
    }
}
