use super::super::server::{Answer, Server, entra, token};
use super::*;

const JOB: &str = "eyJ.hunter2.job";

async fn exchange(server: &Server, patience: Duration) -> Result<(), ExchangeError> {
    server.azure.exchange(JOB, "tenant-2", "client-2", patience).await
}

#[tokio::test]
async fn what_entra_does_not_know_yet_is_asked_again() {
    let server = Server::with(vec![entra(70025, "invalid_client"), entra(700_211, "invalid_request"), token()]).await;
    exchange(&server, Duration::from_secs(10)).await.unwrap();
    let asked = server.asked();
    assert!(asked[0].starts_with("POST /tenant-2/oauth2/v2.0/token HTTP"), "{asked:?}");
    assert!(!asked[0].to_lowercase().contains("authorization:"));
    assert!(asked[0].contains("client_id=client-2") && asked[0].contains(&format!("client_assertion={JOB}")));
    assert!(server.told()[0].contains("(AADSTS70025); looking again in"), "{:?}", server.told());
}

#[tokio::test]
async fn a_refusal_carries_its_number_and_never_the_token() {
    let server = Server::with(vec![entra(700_212, "invalid_client")]).await;
    let error = exchange(&server, Duration::ZERO).await.unwrap_err();
    assert!(error.is_audience() && error.is_mistrust() && error.may_pass() && !error.is_silent());
    assert_eq!((error.codes.as_slice(), error.to_string().as_str()), (&[700_212][..], "AADSTS700212: no."));
    let server = Server::with(vec![entra(700_024, "invalid_client")]).await;
    let error = exchange(&server, Duration::from_secs(10)).await.unwrap_err();
    assert!(!error.may_pass() && server.asked().len() == 1, "{error}");
    let page = Answer(400, format!("<html><title>{JOB}</title></html>"), "");
    let server = Server::with(vec![page]).await;
    let error = exchange(&server, Duration::from_secs(10)).await.unwrap_err();
    assert!(error.is_silent() && !error.to_string().contains("hunter2"), "{error}");
}
