//! The versions that each kind of resource has.

/// Returns the versions of a kind; nothing is the kind of nothing.
pub(super) fn of(kind: &str) -> &'static [&'static str] {
    let is = |prefix: &str| kind.starts_with(prefix);
    if is("microsoft.containerservice/") {
        &[
            "2023-10-01",
            "2024-02-01",
            "2024-09-01",
            "2024-10-01",
            "2025-01-01",
            "2025-02-01",
            "2025-03-01",
            "2025-04-01",
            "2025-05-01",
            "2025-06-01",
            "2025-07-01",
            "2025-08-01",
            "2025-09-01",
            "2025-10-01",
            "2026-01-01",
            "2026-02-01",
            "2026-03-01",
            "2026-04-01",
            "2026-05-01",
            "2026-06-01",
            "2026-07-01",
            "2026-08-01",
        ]
    } else if kind == "microsoft.managedidentity/userassignedidentities/federatedidentitycredentials" {
        &[
            "2022-01-31-preview",
            "2023-01-31",
            "2023-07-31-preview",
            "2024-11-30",
            "2025-01-31-preview",
            "2025-05-31-preview",
        ]
    } else if is("microsoft.managedidentity/") {
        &[
            "2018-11-30",
            "2022-01-31-preview",
            "2023-01-31",
            "2023-07-31-preview",
            "2024-11-30",
            "2025-01-31-preview",
            "2025-05-31-preview",
        ]
    } else if kind == "microsoft.authorization/locks" {
        &["2016-09-01", "2017-04-01", "2020-05-01"]
    } else if kind == "microsoft.authorization/permissions" {
        &["2015-07-01", "2018-01-01-preview", "2018-07-01", "2022-04-01", "2022-05-01-preview"]
    } else if is("microsoft.authorization/") {
        &[
            "2015-07-01",
            "2018-01-01-preview",
            "2020-04-01-preview",
            "2020-10-01-preview",
            "2022-04-01",
            "2022-05-01-preview",
        ]
    } else {
        // ARM's own: subscriptions, groups, providers.
        &[
            "2016-06-01",
            "2018-05-01",
            "2019-06-01",
            "2019-10-01",
            "2019-11-01",
            "2020-01-01",
            "2020-06-01",
            "2021-01-01",
            "2021-04-01",
            "2022-09-01",
            "2022-12-01",
            "2023-07-01",
            "2024-03-01",
            "2024-07-01",
            "2024-11-01",
            "2025-03-01",
            "2025-04-01",
        ]
    }
}
