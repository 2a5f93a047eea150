import EventContract
import ServiceRuntime
import ZitadelClient

/// Posts one signed event that is never published, as Zitadel would, and says what the answer means.
struct EndpointProbe {
    private let http = HTTPProbe()

    /// - Parameters:
    ///   - key: text of the signing key.
    ///   - instanceID: of the events that the bridge there accepts.
    func finding(_ endpoint: String, key: String, instanceID: String) async -> DoctorFinding {
        let now = WallClock.system.microseconds()
        let body = Self.body(instanceID: instanceID, at: now)
        let signature = WebhookSigner.signatureHeader(key: key, timestamp: now / 1_000_000, body: body)
        do throws(HTTPProbe.Unanswered) {
            let answer = try await http.post(
                endpoint,
                headers: ["content-type: application/json", "\(SignatureVerifier.headerName): \(signature)"],
                body: body)
            return Self.finding(answer.status, endpoint)
        } catch {
            return .fail(
                "endpoint",
                Advice(
                    "\(endpoint) cannot be reached from here: \(error)",
                    fix: "Start `zitadel-bridge run`, and correct ZITADEL_WEBHOOK_ENDPOINT, DNS or the firewall. If "
                        + "the name is known only where Zitadel runs, start doctor there."))
        }
    }

    func close() {
        http.close()
    }

    /// Of a type outside the catalogue, which is answered 204 and not published.
    static func body(instanceID: String, at microseconds: Int64) -> [UInt8] {
        var output = JSONOutput()
        output.openObject()
        output.member("aggregateID", "doctor")
        output.member("aggregateType", "zitadel_bridge")
        output.member("resourceOwner", "")
        output.member("instanceID", instanceID)
        output.member("version", "v1")
        output.member("sequence", 1)
        output.member("event_type", "zitadel_bridge.doctor.probed")
        output.member("created_at", WallClock.rfc3339(microseconds))
        output.member("userID", "")
        output.closeObject()
        return output.bytes
    }

    static func finding(_ status: Int, _ endpoint: String) -> DoctorFinding {
        switch status {
        case 204: .ok("endpoint", "\(endpoint) accepts an event signed with the key of Zitadel's target")
        case 401:
            .fail(
                "endpoint",
                Advice(
                    "\(endpoint) refuses the signature (401): the bridge there has another key, or another time",
                    fix: "Correct ZITADEL_SIGNING_KEY, or unset it and give the bridge a ZITADEL_PAT to learn the key. "
                        + "Then compare the clocks."))
        case 403:
            .fail(
                "endpoint",
                Advice(
                    "\(endpoint) takes events of another instance (403)",
                    fix: "Correct ZITADEL_INSTANCE_ID of the bridge there, or ZITADEL_WEBHOOK_ENDPOINT."))
        case 404, 405:
            .fail(
                "endpoint",
                Advice(
                    "\(endpoint) is not the bridge's path (HTTP \(status))",
                    fix: "ZITADEL_WEBHOOK_ENDPOINT must end in /webhook/zitadel-events, and lead to BRIDGE_LISTEN."))
        case 429, 503:
            .warn(
                "endpoint",
                Advice(
                    "\(endpoint) takes no events now (HTTP \(status)); polling brings them",
                    fix: "Ask it with `zitadel-bridge status`: it has no signing key yet, or Zitadel's version sends "
                        + "empty payloads, or a proxy in between finds no bridge."))
        default:
            .fail(
                "endpoint",
                Advice(
                    "\(endpoint) answers HTTP \(status), which no bridge does",
                    fix: "Something else listens there, or a proxy is in between: correct ZITADEL_WEBHOOK_ENDPOINT."))
        }
    }
}
