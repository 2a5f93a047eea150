import ZitadelClient

/// Why registration did not get through. Whatever it is, the bridge goes on and tries again.
enum RegistrationFailure: Error, Hashable, Sendable {
    case refused(RegistrationStep, ZitadelAPIError)
    /// The host serves another instance than the one whose events are accepted.
    case wrongInstance(found: String, expected: String)

    /// The program is shutting down.
    var isCancellation: Bool {
        if case .refused(_, let error) = self { return error.kind == .cancelled }
        return false
    }

    /// Zitadel, `internal/command/action_v2_execution.go`: the condition's event type does not exist.
    var isOfUnknownType: Bool {
        guard case .refused(.setExecution, let error) = self, error.status == 404 else { return false }
        return error.id == "COMMAND-74aaqj8fv9" || error.message.contains("Errors.Execution.ConditionInvalid")
    }

    /// What is wrong and how to mend it.
    var advice: Advice {
        switch self {
        case .wrongInstance(let found, let expected):
            Advice(
                "The API serves instance \(found), but events of instance \(expected) are accepted",
                fix: "Correct ZITADEL_GRPC_HOST, ZITADEL_INSTANCE_HOST or ZITADEL_INSTANCE_ID; restart after the "
                    + "instance was replaced on purpose.")
        case .refused(let step, let error):
            switch error.kind {
            case .unreachable: Self.unreachable(error)
            case .refused: Self.refused(step, error)
            case .malformedAnswer, .tooLarge:
                Advice(
                    "The answer is not that of Zitadel's API: \(error)",
                    fix: "ZITADEL_GRPC_HOST must be the API's URL, with nothing in between that answers by itself.")
            case .cancelled: Advice("Stopped", fix: "Nothing to do.")
            }
        }
    }

    private static func unreachable(_ error: ZitadelAPIError) -> Advice {
        let message = error.message.lowercased()
        if message.contains("resolve") {
            return Advice(
                "The name in ZITADEL_GRPC_HOST does not resolve yet: \(error)",
                fix: "Correct ZITADEL_GRPC_HOST, or wait until the name is known to the bridge's DNS.")
        }
        if message.contains("certificate") || message.contains("ssl") || message.contains("tls") {
            return Advice(
                "Zitadel cannot be reached over TLS: \(error)",
                fix: "Install the certificate authority of Zitadel's certificate, or write http:// in "
                    + "ZITADEL_GRPC_HOST for an address without TLS.")
        }
        return Advice(
            "Zitadel cannot be reached: \(error)",
            fix: "Start Zitadel, or correct ZITADEL_GRPC_HOST and the network between the two.")
    }

    private static func refused(_ step: RegistrationStep, _ error: ZitadelAPIError) -> Advice {
        if namesNoInstance(error) {
            return Advice(
                "Zitadel has no instance for the host it was asked by: \(error)",
                fix: "Set ZITADEL_INSTANCE_HOST to the instance's public domain, or use that domain in "
                    + "ZITADEL_GRPC_HOST.")
        }
        if step.setsEndpoint, error.status == 400 { return endpointRefused(error) }
        if let advice = rights(step, error) { return advice }
        if step == .createTarget, error.status == 409 {
            return Advice(
                "A target of that name was created at this moment: \(error)",
                fix: "Nothing to do: another bridge was faster, the next attempt uses its target.")
        }
        switch error.disposition {
        case .unsupported:
            return Advice(
                "Zitadel does not \(step.action): \(error)",
                fix: "Use Zitadel 3.4.5 or later, and its API's URL in ZITADEL_GRPC_HOST.")
        case .retry:
            return Advice(
                "Zitadel failed to \(step.action): \(error)", fix: "If it lasts, look into Zitadel's own log.")
        case .askForLess, .unauthorized, .stop:
            return Advice(
                "Zitadel refused to \(step.action): \(error)", fix: "Look into Zitadel's own log for the reason.")
        }
    }

    private static func rights(_ step: RegistrationStep, _ error: ZitadelAPIError) -> Advice? {
        if error.status == 401 || error.code == 16 {
            return Advice(
                "Zitadel does not accept the personal access token: \(error)",
                fix: "Put a token that has not expired into ZITADEL_PAT; it must be of this instance.")
        }
        if error.status == 403 || error.code == 7 {
            return Advice(
                "Zitadel refused to \(step.action): the token's user lacks the permission \(step.permission)",
                fix: "Make the service user of ZITADEL_PAT an administrator of the instance with the role IAM_OWNER, "
                    + "or run `zitadel-bridge register` with such a token: IAM_OWNER_VIEWER is then enough to run.")
        }
        return nil
    }

    private static func endpointRefused(_ error: ZitadelAPIError) -> Advice {
        Advice(
            "Zitadel refuses the endpoint: \(error)",
            fix:
                "ZITADEL_WEBHOOK_ENDPOINT must be a URL whose name already resolves where Zitadel runs. From 4.11.1 on "
                + "loopback, from 4.15.2 on private ranges are denied: " + VersionAdvice.denyListFix)
    }

    /// Zitadel answers 404 when no instance has the domain it was asked by.
    private static func namesNoInstance(_ error: ZitadelAPIError) -> Bool {
        let message = error.message.lowercased()
        return ["instance not found", "unable to set instance", "errors.instance.notfound", "errors.iam.notfound"]
            .contains { message.contains($0) }
    }
}

extension RegistrationFailure: CustomStringConvertible {
    var description: String { advice.description }
}
