//! The stand-in of `az`: a script that gives out the tokens of one login, and keeps what it was asked.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use super::tokens::AKS;
use crate::facade::write_private;

/// Writes the script and what it gives out: tokens for ARM and for clusters, or a refusal.
pub(super) fn write(
    folder: &Path,
    tokens: Option<[String; 2]>,
    blocked: Option<u32>,
    account: &Value,
) -> std::io::Result<()> {
    let refusal = folder.join("refusal");
    match (&tokens, blocked) {
        (None, _) => std::fs::write(&refusal, "ERROR: Please run 'az login' to setup account.\n")?,
        (_, Some(code)) => {
            let body = super::entra::blocked(code).body.unwrap_or_default();
            let said = body["error_description"].as_str().unwrap_or_default();
            std::fs::write(
                &refusal,
                format!("ERROR: {said}\nInteractive authentication is needed. Please run:\naz login\n"),
            )?;
        }
        _ if refusal.exists() => std::fs::remove_file(&refusal)?,
        _ => {}
    }
    std::fs::write(folder.join("account.json"), account.to_string())?;
    let expires = jiff::Timestamp::now().as_second() + 3599;
    for (name, token) in ["arm.json", "aks.json"].iter().zip(tokens.into_iter().flatten()) {
        let document = json!({
            "accessToken": token,
            "expiresOn": "2099-01-01 00:00:00.000000",
            "expires_on": expires,
            "subscription": account["id"],
            "tenant": account["tenantId"],
            "tokenType": "Bearer",
        });
        write_private(&folder.join(name), &document.to_string())?;
    }
    let script = folder.join("az");
    let tenant = account["tenantId"].as_str().unwrap_or_default();
    std::fs::write(
        &script,
        format!(
            "#!/bin/sh
cd \"$(dirname \"$0\")\" || exit 1
printf '%s\\n' \"$*\" >> calls
if [ -f refusal ]; then cat refusal >&2; exit 1; fi
case \" $* \" in
  *\" --tenant {tenant} \"*) ;;
  *\" --tenant \"*) echo 'ERROR: AADSTS90002: Tenant not found.' >&2; exit 1 ;;
esac
case \"$*\" in
  'account get-access-token '*{AKS}*) cat aks.json ;;
  'account get-access-token '*) cat arm.json ;;
  'account show'*) cat account.json ;;
  *) echo 'ERROR: the stand-in of az cannot do this.' >&2; exit 2 ;;
esac
"
        ),
    )?;
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700))
}
