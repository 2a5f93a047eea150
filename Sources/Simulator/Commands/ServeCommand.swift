import ArgumentParser
import Foundation
import Logging
import ServiceLifecycle
import ServiceRuntime

/// Runs the simulated instance until it is told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the simulated Zitadel.",
        discussion: "Prints {\"listen\":\"HOST:PORT\"} on standard output when it is ready.")

    @Option(help: "Address of control API and Zitadel API; port 0 takes a free one.")
    var listen = "127.0.0.1:8090"
    @Option(help: "URL all events are posted to, besides the targets of the Actions API.")
    var webhook: String?
    @Option(help: "Key the webhooks are signed with (default: $ZITADEL_SIGNING_KEY).")
    var signingKey: String?
    @Option(help: "Id of the simulated instance.")
    var instance = "290000000000000001"
    @Option(help: "Same seed, same ids, secrets and order.")
    var seed: UInt64 = 1
    @Option(help: "When events are posted: zitadel (every second, then every 100 ms) or immediate.")
    var delivery = DeliveryWorker.Timing.immediate
    @Option(help: "Deliver the `webhook` bodies of this file of JSON lines, freshly signed.")
    var load: String?
    @Flag(help: "Deliver the loaded bodies in an order that the seed decides.")
    var shuffle = false
    @Option(help: "Probability that a loaded body is delivered twice.")
    var duplicate = 0.0
    @OptionGroup var api: APIOptions
    @Option(help: "File that keeps events, targets and executions between runs; waiting webhooks are lost.")
    var store: String?
    @Option(help: "Least severe level that is logged.")
    var logLevel: String?
    @Option(help: "json or text (default: text on a terminal).")
    var logFormat: String?
    @Flag(help: "Stop when the process that started this one is gone.")
    var dieWithParent = false

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let logger = try logOutput(environment).logger("simulator")
        guard (0...1).contains(duplicate) else { throw problem("--duplicate", "is not from 0 to 1") }
        let configuration = try configuration(environment)
        let zitadel: SimulatedZitadel
        do throws(SimulatorError) {
            zitadel = try SimulatedZitadel(configuration, logger: logger) {
                writeToStandardOutput(#"{"listen":"\#($0)"}"# + "\n")
            }
        } catch {
            throw problem("--store", error.description)
        }
        if let load {
            guard webhook != nil else { throw problem("--load", "needs --webhook") }
            try zitadel.simulation.load(try history(load))
        }
        var services = zitadel.services
        if dieWithParent { services.append(ParentWatch()) }
        try await runServices(services, logger: logger)
    }

    private func configuration(_ environment: [String: String]) throws -> SimulatorConfiguration {
        var configuration = SimulatorConfiguration()
        guard let address = SocketAddress(listen) else { throw problem("--listen", "is not host:port") }
        configuration.listen = address
        configuration.seed = seed
        configuration.instanceID = instance
        configuration.webhook = try staticWebhook(environment)
        configuration.deliversAtOnce = delivery == .immediate
        configuration.storePath = store
        try api.apply(to: &configuration, environment)
        return configuration
    }

    private func staticWebhook(_ environment: [String: String]) throws -> SimulatorConfiguration.StaticWebhook? {
        guard let webhook else { return nil }
        guard webhook.hasPrefix("http://") || webhook.hasPrefix("https://") else {
            throw problem("--webhook", "is not a URL that starts with http:// or https://")
        }
        guard let key = signingKey ?? environment["ZITADEL_SIGNING_KEY"], !key.isEmpty else {
            throw problem("--signing-key", "is required with --webhook, or ZITADEL_SIGNING_KEY")
        }
        return .init(url: webhook, signingKey: key)
    }

    private func history(_ path: String) throws -> History {
        var generator = SeededGenerator(seed: seed)
        do throws(SimulatorError) {
            var history = try History(contentsOf: path)
            history.duplicate(probability: duplicate, using: &generator)
            if shuffle { history.shuffle(using: &generator) }
            return history
        } catch {
            throw problem("--load", error.description)
        }
    }

    private func logOutput(_ environment: [String: String]) throws -> LogOutput {
        let level = logLevel ?? environment["LOG_LEVEL"] ?? "info"
        let format = logFormat ?? environment["LOG_FORMAT"] ?? (LogOutput.standardErrorIsTerminal ? "text" : "json")
        guard let level = Logger.Level(rawValue: level) else { throw problem("--log-level", "is no log level") }
        guard let format = LogOutput.Format(rawValue: format) else {
            throw problem("--log-format", "is neither json nor text")
        }
        return LogOutput(format: format, level: level)
    }

    private func problem(_ flag: String, _ reason: String) -> ConfigurationError {
        ConfigurationError([.init(key: flag, source: nil, reason: reason)])
    }
}

extension DeliveryWorker.Timing: ExpressibleByArgument {}
