//! Settles the two namespaces: one flag for both, or one for each, never mixed at the same level.

use super::problems::Settling;
use super::registry::{JOB_NAMESPACE, NAMESPACE, RUNNER_NAMESPACE};
use super::setting::Setting;
use crate::names::NamespaceName;

/// Returns the agent's and the jobs' namespace; `None` for one that is not valid.
pub(super) fn settle(settling: &mut Settling<'_>) -> (Option<NamespaceName>, Option<NamespaceName>) {
    if settling.told(&NAMESPACE).is_none() {
        return (single(settling, &RUNNER_NAMESPACE), single(settling, &JOB_NAMESPACE));
    }
    let both: Option<NamespaceName> = settling.parse(&NAMESPACE, str::parse);
    for setting in [&RUNNER_NAMESPACE, &JOB_NAMESPACE] {
        if settling.told(setting).is_some() && settling.layer(setting) >= settling.layer(&NAMESPACE) {
            let place = settling.told(&NAMESPACE).map(|told| told.source.place(&NAMESPACE)).unwrap_or_default();
            settling
                .refuse::<()>(setting, format!("excludes {place}, which stands for both namespaces; leave one out"));
        } else if let Some(both) = &both {
            settling.show_overridden(setting, both.as_str(), &NAMESPACE);
        }
    }
    (both.clone(), both)
}

fn single(settling: &mut Settling<'_>, setting: &'static Setting) -> Option<NamespaceName> {
    if settling.told(setting).is_none() {
        return setting.default.and_then(|name| name.parse().ok());
    }
    settling.parse(setting, str::parse)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{answers, process};
    use super::*;

    const ENV: &[(&str, &str)] = &[("CLUSTER_RUNNER_NAMESPACE", "env-ns")];

    #[test]
    fn one_for_both_excludes_the_others_at_its_level_and_overrides_lower_ones() {
        for (flags, env, file, expected) in [
            (
                &[][..],
                &[][..],
                None,
                Ok(["humanitec-kubernetes-agent-runner-ns", "humanitec-kubernetes-agent-runner-job-ns"]),
            ),
            (&["--namespace=a"], ENV, None, Ok(["a", "a"])),
            (&["--job-namespace=j"], ENV, None, Ok(["env-ns", "j"])),
            (&[], &[], Some("namespace: f"), Ok(["f", "f"])),
            (&["--namespace=a", "--job-namespace=b"], &[], None, Err("`--job-namespace`: excludes `--namespace`")),
            (
                &[],
                ENV,
                Some("namespace: f"),
                Err("`CLUSTER_RUNNER_NAMESPACE`: excludes `namespace` in runner-setup.yaml"),
            ),
            (
                &[],
                &[],
                Some("namespace: f\nrunner: { namespace: g }"),
                Err("`runner.namespace` in runner-setup.yaml: excludes"),
            ),
            (&["--namespace=A"], &[], None, Err("`--namespace`: namespace `A` has 'A'")),
        ] {
            let (answers, process) = (answers(flags, env, file), process(&[]));
            let mut settling = Settling::new(&answers, &process);
            let (runner, job) = settle(&mut settling);
            match expected {
                Ok([expected_runner, expected_job]) => {
                    assert_eq!((runner.unwrap().as_str(), job.unwrap().as_str()), (expected_runner, expected_job));
                    assert!(settling.invalid.is_empty());
                }
                Err(words) => assert!(settling.invalid[0].starts_with(words), "{:?}", settling.invalid),
            }
        }
    }

    #[test]
    fn what_is_overridden_is_said() {
        let (answers, process) = (answers(&["--namespace=a"], ENV, None), process(&[]));
        let mut settling = Settling::new(&answers, &process);
        settle(&mut settling);
        let shown = &settling.shown["runner-namespace"];
        assert_eq!(*shown, ("a".into(), "`--namespace`, instead of `CLUSTER_RUNNER_NAMESPACE`".into()));
    }
}
