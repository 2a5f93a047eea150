import ArgumentParser
import Testing

@testable import ServiceRuntime

private enum Bridge: SettingsProgram {
    static let program = Program.bridge
    static func check(_ settings: Settings) {}
}

private struct Root: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", discussion: SettingsArguments.helpText(for: .bridge), version: CommandRunner.version,
        subcommands: [Show.self, Fail.self, ConfigCommand<Bridge>.self])

    struct Show: AsyncParsableCommand {
        @Flag var once = false
        @Argument var name: String
        @OptionGroup var settings: SettingsArguments

        func run() async throws {
            let loaded = try Settings.load(for: .bridge, arguments: settings.arguments, environment: [:])
            throw Seen(text: "\(name) \(once) \(loaded.string(.kafkaTopic)) \(loaded.kafkaProperties.map(\.value))")
        }
    }

    struct Fail: AsyncParsableCommand {
        func run() async throws { throw ConfigurationError([.init(key: "A", source: .flag, reason: "is bad")]) }
    }
}

private struct Seen: Error, CustomStringConvertible {
    var text: String
    var description: String { text }
}

@Suite("Command line")
struct CommandLineTests {
    private func run(_ arguments: String...) async -> CommandRunner.Outcome {
        await CommandRunner.run(Root.self, name: "test", arguments: arguments)
    }

    @Test("Settings flags stand anywhere and never eat an argument")
    func settingsFlags() async {
        let outcome = await run(
            "show", "--kafka-topic", "t", "--once", "--kafka-linger-ms", "-1", "ada", "--log-level=debug")
        #expect(outcome == .init(status: 1, errors: "test: ada true t [\"-1\"]\n"))
    }

    @Test("A configuration error is status 2, one line a problem")
    func configurationError() async {
        #expect(await run("fail") == .init(status: 2, errors: "test: A (flag): is bad\n"))
        let outcome = await run("show", "ada", "--bridge-listn=1", "--kafka-topic")
        #expect(outcome.status == 2)
        #expect(
            outcome.errors == """
                test: --bridge-listn (flag): is not a setting; did you mean --bridge-listen?
                test: --kafka-topic (flag): needs a value

                """)
    }

    @Test("A wrong command line is status 2 and says where help is")
    func usage() async {
        let outcome = await run("nonsense")
        #expect(outcome.status == 2)
        #expect(outcome.errors.hasPrefix("test: ") && outcome.errors.hasSuffix("Try 'test --help'.\n"))
        #expect(await run("show").status == 2)
    }

    @Test("Help shows each setting with flag, default and meaning; version is printed")
    func help() async {
        let help = await run("--help")
        #expect(help.status == 0 && help.errors.isEmpty)
        for definition in SettingDefinition.all where definition.programs.contains(.bridge) {
            #expect(help.output.contains(definition.flag) && help.output.contains(definition.name))
        }
        #expect(!help.output.contains("CONSUMER_OPS_LISTEN"))
        #expect(await run("--version").output == CommandRunner.version + "\n")
    }

    @Test("The config command prints a file that can be read back, secrets masked")
    func config() throws {
        let settings = try loadSettings(environment: ["ZITADEL_SIGNING_KEY": "hush", "KAFKA_LINGER_MS": "1"])
        let lines = ConfigCommand<Bridge>.lines(settings.effectiveValues())
        #expect(lines.contains("KAFKA_TOPIC=zitadel.events.v1  # default"))
        #expect(lines.contains("ZITADEL_SIGNING_KEY=<redacted>  # environment"))
        #expect(lines.contains("KAFKA_LINGER_MS=1  # environment"))
        #expect(lines.contains("# ZITADEL_INSTANCE_ID is unset"))
        #expect(!lines.joined().contains("hush"))
    }
}
