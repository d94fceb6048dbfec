//! The numbers of Entra's errors, by what somebody can do about them.
//!
//! Sources: Entra's list of error codes, `failure-modes.md` group AZ, and `gcp-azure.md` part 8.

/// What Entra's numbers come down to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A policy of the tenant wants more.
    ConditionalAccess(u32),
    /// Somebody has to log in anew.
    Expired,
    /// There is no such tenant, or nobody of this name in it.
    Tenant,
    /// There is no such application in the tenant.
    Client,
    /// The secret or certificate is wrong, too old or not known.
    Secret,
    /// The application trusts no such token.
    Trust,
    /// An assertion from another time.
    Clock,
    /// Anything else.
    Other,
}

/// Another device, place, factor or a consent to that.
const CONDITIONS: [u32; 16] =
    [50005, 50072, 50074, 50076, 50079, 50097, 50131, 50158, 53000, 53001, 53002, 53003, 53004, 53010, 53011, 530_035];
const EXPIRED: [u32; 11] = [50078, 50089, 50132, 50133, 50173, 70008, 70043, 70044, 700_081, 700_082, 700_084];
const TENANTS: [u32; 8] = [50020, 50034, 50128, 90002, 90072, 900_021, 900_023, 5_000_225];
const CLIENTS: [u32; 2] = [700_016, 7_000_112];
const SECRETS: [u32; 5] = [700_027, 7_000_215, 7_000_222, 7_000_214, 7_000_218];
const TRUSTS: [u32; 6] = [70021, 70025, 700_211, 700_212, 700_213, 7_002_138];
const CLOCKS: [u32; 2] = [700_024, 500_133];

/// What to make of these numbers.
pub(super) fn verdict(codes: &[u32]) -> Verdict {
    let named = |list: &[u32]| codes.iter().copied().find(|code| list.contains(code));
    if let Some(code) = named(&CONDITIONS) {
        return Verdict::ConditionalAccess(code);
    }
    [
        (&EXPIRED[..], Verdict::Expired),
        (&TENANTS, Verdict::Tenant),
        (&CLIENTS, Verdict::Client),
        (&SECRETS, Verdict::Secret),
        (&TRUSTS, Verdict::Trust),
        (&CLOCKS, Verdict::Clock),
    ]
    .into_iter()
    .find(|(list, _)| named(list).is_some())
    .map_or(Verdict::Other, |(_, verdict)| verdict)
}

impl Verdict {
    /// What to look at.
    pub(super) fn advice(self) -> Option<&'static str> {
        match self {
            Self::Tenant => Some("check AZURE_TENANT_ID: az account list --query '[].[name, tenantId]' --output table"),
            Self::Client => {
                Some("check AZURE_CLIENT_ID and AZURE_TENANT_ID: az ad app list --show-mine --output table")
            }
            Self::Secret => Some("az ad app credential list --id CLIENT_ID: it may have ended; reset makes a new one"),
            Self::Trust => {
                Some("az ad app federated-credential list --id CLIENT_ID: issuer, subject and audience have to match")
            }
            Self::Clock => Some("check this machine's clock"),
            Self::ConditionalAccess(_) | Self::Expired | Self::Other => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_meaning() {
        assert_eq!(verdict(&[1, 53003]), Verdict::ConditionalAccess(53003));
        assert_eq!(verdict(&[700_082]), Verdict::Expired);
        assert_eq!(verdict(&[90002]), Verdict::Tenant);
        assert_eq!(verdict(&[7_000_215]), Verdict::Secret);
        assert_eq!(verdict(&[700_213]), Verdict::Trust);
        assert_eq!(verdict(&[]), Verdict::Other);
        assert!(verdict(&[700_024]).advice().is_some());
    }
}
