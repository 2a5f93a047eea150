import ServiceRuntime
import Testing
import ZitadelClient

@testable import Bridge

@Suite("What is wrong with registration, and how to mend it")
struct RegistrationAdviceTests {
    @Test(
        "Each refusal names its cause and the setting or right that mends it",
        arguments: [
            (.readInstance, ZitadelAPIError(.refused, status: 401, code: 16, message: "no"), "ZITADEL_PAT"),
            (.setExecution, .init(.refused, status: 403, code: 7, message: "no"), "IAM_OWNER"),
            (
                .createTarget, .init(.refused, status: 400, code: 3, message: "Errors.Target.DeniedURL"),
                "ZITADEL_HTTPCLIENT_DENYLIST"
            ),
            (.createTarget, .init(.refused, status: 409, code: 6, message: "exists"), "another bridge"),
            (
                .readInstance, .init(.refused, status: 404, code: 5, message: "Instance not found. Make sure …"),
                "ZITADEL_INSTANCE_HOST"
            ),
            (.findActions, .init(.refused, status: 404, message: "Not Found"), "3.4.5"),
            (.readExecutions, .init(.refused, status: 500, code: 13, message: "QUERY-y2u7vctrha"), "own log"),
            (.readInstance, .init(.unreachable, message: "Could not resolve host: zitadel"), "DNS"),
            (.readInstance, .init(.unreachable, message: "SSL certificate problem"), "certificate authority"),
            (.readInstance, .init(.unreachable, message: "Connection refused"), "Start Zitadel"),
            (.readInstance, .init(.malformedAnswer, status: 200, message: "not JSON"), "ZITADEL_GRPC_HOST"),
        ] as [(RegistrationStep, ZitadelAPIError, String)])
    func advised(_ step: RegistrationStep, _ error: ZitadelAPIError, _ expected: String) {
        let advice = RegistrationFailure.refused(step, error).advice
        #expect(advice.fix.contains(expected), "\(advice)")
        #expect(!advice.problem.isEmpty)
    }

    @Test("A missing right is named as Zitadel names it")
    func permission() {
        let error = ZitadelAPIError(.refused, status: 403, code: 7, message: "No matching permissions found")
        #expect(RegistrationFailure.refused(.setExecution, error).advice.problem.contains("action.execution.write"))
        #expect(RegistrationFailure.refused(.readEventTypes, error).advice.problem.contains("events.read"))
    }

    @Test("The state as JSON has the problem and its fix")
    func json() {
        var output = JSONOutput()
        RegistrationState.trying(attempts: 2, problem: Advice("p", fix: "f")).write(to: &output)
        RegistrationState.registered(
            .init(targetID: "1", flavour: .v2, since: 0, conditions: 3, warnings: [Advice("w", fix: "x")])
        ).write(to: &output)
        #expect(
            output.text == #"{"state":"trying","attempts":2,"problem":"p","fix":"f"},"#
                + #"{"state":"registered","target":"1","flavour":"v2","since":"1970-01-01T00:00:00.000000Z","#
                + #""conditions":3,"warnings":[{"problem":"w","fix":"x"}]}"#)
    }
}
