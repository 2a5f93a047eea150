import ArgumentParser
import KafkaClient
import Logging
import ServiceRuntime
import ZitadelClient

/// `doctor`: one check after the other, each with its fix. Changes nothing.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check everything the bridge depends on, and name the fix.",
        discussion: """
            Checks with the settings of `run`, from the machine it is started on, and changes nothing: the settings,
            Zitadel's API and version, the token and its rights, the instance, the clocks, our target, the endpoint,
            Kafka, its topics and the stored cursor.

            The endpoint gets one event of a type that is never published, signed with the key that Zitadel has. 204
            proves that the name resolves, that a bridge answers, and that it has this key and this instance. That
            Zitadel reaches the endpoint from where it runs is for you to check: start doctor there.

            The right to register is inferred from the right to read: trying it would change something.

            exit code: 0 no check fails; 1 one does; 2 wrong usage or settings
            """)

    @Flag(help: "Print JSON.")
    var json = false
    @OptionGroup var settings: SettingsArguments

    func run() async throws {
        let settings = try settings.load(for: .bridge)
        let findings = await Doctor.findings(settings, logger: LogOutput(settings).quietLogger)
        writeToStandardOutput(json ? findings.json : findings.text)
        guard findings.isGood else { throw ExitCode(1) }
    }
}

extension LogOutput {
    /// What fails is told as a finding: lines of the clients beside it would only repeat it.
    fileprivate var quietLogger: Logger {
        var logger = logger("zitadel-bridge")
        if level > .debug { logger.logLevel = .critical }
        return logger
    }
}

/// The checks of `doctor`.
enum Doctor {
    static func findings(_ settings: Settings, logger: Logger) async -> [DoctorFinding] {
        let configuration: BridgeConfiguration
        do throws(ConfigurationError) { configuration = try BridgeConfiguration(settings) } catch {
            return error.problems.map { problem in
                .fail("settings", Advice("\(problem)", fix: "Set it; `zitadel-bridge config` shows what is in force."))
            }
        }
        let zitadel = DoctorOfZitadel(configuration, logger: logger)
        defer { zitadel.close() }
        async let kafka = DoctorOfKafka(configuration, logger: logger).findings()
        var findings = [DoctorFinding.ok("settings", "complete")]
        let (found, instance) = await zitadel.findings()
        findings += found
        let (topics, cursors) = await kafka
        findings += topics
        if let cursors { findings.append(await cursors.finding(instance, at: WallClock.system.microseconds())) }
        return findings
    }
}
