//! The process that is the local world.

use std::time::Duration;

use super::run::{self, Run};
use super::{CONTEXT, ORG};
use crate::control_plane::ControlPlaneOptions;
use crate::facade::{World, write_private};
use crate::latency::Latency;
use crate::orchestrator::{Orchestrator, Setup};
use crate::runtime::block_on;

/// Runs the world until it is told to end.
pub fn serve(latency: Duration) -> Result<(), String> {
    let folder = run::folder();
    std::fs::create_dir_all(&folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let world = World::start(&ControlPlaneOptions::default());
    let orchestrator = Orchestrator::start(Setup::demo());
    let (mut server_url, mut api_url, mut proxies) = (world.server_url(), orchestrator.url(), Vec::new());
    if !latency.is_zero() {
        let (cluster, api) =
            (Latency::start(world.control_plane().port(), latency), Latency::start(orchestrator.port(), latency));
        server_url = format!("https://127.0.0.1:{}", cluster.port());
        api_url = format!("http://127.0.0.1:{}", api.port());
        proxies = vec![cluster, api];
    }
    let kubeconfig = folder.join("kubeconfig");
    let document = world.control_plane().admin_kubeconfig_at(CONTEXT, &server_url);
    write_private(&kubeconfig, &document).map_err(|error| error.to_string())?;
    assert_eq!(orchestrator.org(), ORG);
    let run = Run {
        pid: std::process::id(),
        server_url,
        api_url,
        kubeconfig,
        latency: format!("{} ms", latency.as_millis()),
        token: orchestrator.token(),
        started_in: format!("{:.1} s", world.started_in().as_secs_f32()),
    };
    run.write()?;
    block_on(async {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).expect("a signal can be listened to");
        let mut interrupt = signal(SignalKind::interrupt()).expect("a signal can be listened to");
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
    });
    drop(proxies);
    let _ = std::fs::remove_file(run::file());
    let _ = std::fs::remove_file(run.kubeconfig);
    Ok(())
}
