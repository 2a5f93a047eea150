import EventContract
import Logging
import ServiceRuntime
import ZitadelClient

/// What `doctor` asks Zitadel, and the endpoint that Zitadel calls.
struct DoctorOfZitadel {
    /// A poll that begins later than events are stored finds them late; see `PollService`.
    private static let clockSkewMax = PollService.clockSkewMax

    private let configuration: BridgeConfiguration
    private let api: ZitadelAPI
    private let registration: Registration
    private let probe = EndpointProbe()

    init(_ configuration: BridgeConfiguration, logger: Logger) {
        self.configuration = configuration
        var retry = RetryPolicy()
        // A person waits for the answer.
        retry.attemptsMax = 2
        api = ZitadelAPI(configuration.zitadel.api, logger: logger, retry: retry)
        registration = Registration(api: api, targetName: configuration.zitadel.targetName)
    }

    func close() {
        api.close()
        probe.close()
    }

    /// - Returns: also the instance, when the token could read it.
    func findings() async -> ([DoctorFinding], ZitadelInstance?) {
        do throws(ZitadelAPIError) { try await api.health() } catch {
            return ([.fail("zitadel", RegistrationFailure.refused(.readInstance, error).advice)], nil)
        }
        var findings = [DoctorFinding.ok("zitadel", "the API answers and is ready")]
        guard configuration.polls else {
            findings.append(
                .warn(
                    "token",
                    Advice(
                        "ZITADEL_PAT is not set: the bridge does not poll, and a webhook that is lost stays lost",
                        fix: "Set ZITADEL_PAT to a token of a service user with the role IAM_OWNER_VIEWER.")))
            return (findings + (await endpoint(configuration.instanceID, key: nil)), nil)
        }
        let instance: ZitadelInstance
        do throws(RegistrationFailure) {
            instance = try await registration.instance(expected: configuration.instanceID)
        } catch {
            findings.append(.fail("token", error.advice))
            return (findings, nil)
        }
        findings += self.instance(instance) + version(instance.version)
        findings += await polling()
        findings += await target(instance)
        return (findings, instance)
    }

    private func instance(_ instance: ZitadelInstance) -> [DoctorFinding] {
        let isChecked = configuration.instanceID != nil
        return [
            .ok("token", "accepted"),
            .ok("instance", instance.id + (isChecked ? "" : ", as the API says; ZITADEL_INSTANCE_ID is not set")),
        ]
    }

    private func version(_ text: String) -> [DoctorFinding] {
        let version = ZitadelVersion(text)
        var findings = (version.map { VersionAdvice.knownFaults(of: $0) } ?? []).map {
            DoctorFinding.warn("version", $0)
        }
        if findings.isEmpty { findings = [.ok("version", text.isEmpty ? "Zitadel tells none" : text)] }
        guard let endpoint = configuration.zitadel.endpoint else { return findings }
        return findings + VersionAdvice.denied(endpoint, by: version).map { .warn("deny list", $0) }
    }

    /// One question of a poll, for its rights and for Zitadel's clock.
    private func polling() async -> [DoctorFinding] {
        do throws(ZitadelAPIError) {
            let answer = try await api.searchEvents(EventSearch(eventTypes: ["user.human.added"], limit: 1))
            return [.ok("right to poll", "the events search answers"), clock(answer.clockOffset)]
        } catch {
            return [.fail("right to poll", Advice(PollFailure(error)))]
        }
    }

    private func clock(_ offset: Int64?) -> DoctorFinding {
        guard let offset else { return .ok("clock", "not compared: the answer has no date") }
        let seconds = offset.magnitude / 1_000_000
        guard offset.magnitude > Self.clockSkewMax else { return .ok("clock", "at most \(seconds + 1) s apart") }
        let advice = Advice(
            "Zitadel's clock and that of this machine are \(seconds) s apart; signatures are refused beyond "
                + "\(configuration.signatureTolerance) s",
            fix: "Run NTP on both machines.")
        return seconds >= configuration.signatureTolerance ? .fail("clock", advice) : .warn("clock", advice)
    }

    private func target(_ instance: ZitadelInstance) async -> [DoctorFinding] {
        guard let endpoint = configuration.zitadel.endpoint else {
            return [.ok("registration", "ZITADEL_WEBHOOK_ENDPOINT is not set: nothing is registered")]
        }
        let target: ActionTarget?
        let flavour: ActionsFlavour
        do throws(RegistrationFailure) {
            flavour = try await registration.flavour()
            let targets = try await registration.targets()
            target = targets.min { $0.id < $1.id }
            _ = try await registration.snapshot(of: instance, targets: targets)
        } catch {
            return [.fail("right to register", error.advice)] + (await self.endpoint(instance.id, key: nil))
        }
        let right = DoctorFinding.ok(
            "right to register",
            "targets and executions can be read (Actions API \(flavour.rawValue)); writing takes IAM_OWNER and was "
                + "not tried")
        return [right, registered(target, endpoint)] + (await self.endpoint(instance.id, key: target?.signingKey))
    }

    private func registered(_ target: ActionTarget?, _ endpoint: String) -> DoctorFinding {
        guard let target else {
            return .warn(
                "registration",
                Advice(
                    "Zitadel has no target named \(registration.targetName): no event is posted",
                    fix: "Start `zitadel-bridge run`, which registers, or run `zitadel-bridge register`."))
        }
        guard target.endpoint == endpoint else {
            return .warn(
                "registration",
                Advice(
                    "Target \(target.id) posts to \(target.endpoint) instead of \(endpoint)",
                    fix: "Start `zitadel-bridge run`, which repairs it, or run `zitadel-bridge register`. Bridges of "
                        + "another topic need a BRIDGE_TARGET_NAME of their own."))
        }
        return .ok("registration", "target \(target.id) posts to \(endpoint)")
    }

    /// - Parameter key: that of the target in Zitadel; nil when it is not known.
    private func endpoint(_ instanceID: String?, key: String?) async -> [DoctorFinding] {
        guard let endpoint = configuration.zitadel.endpoint else { return [] }
        guard let instanceID, let key = key ?? configuration.signingKeys.first else {
            return [
                .warn(
                    "endpoint",
                    Advice(
                        "Not probed: no signing key or no instance is known to sign an event for",
                        fix: "Register first; without a token set ZITADEL_SIGNING_KEY and ZITADEL_INSTANCE_ID."))
            ]
        }
        return [await probe.finding(endpoint, key: key, instanceID: instanceID)]
    }
}
