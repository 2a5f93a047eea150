import Foundation
import TestSupport
import Testing

extension Pipeline {
    /// What a command of the consumer left behind.
    struct Outcome {
        let ending: ProcessUnderTest.Ending
        let output: String
        let log: String
    }

    /// Runs a command to its end.
    func consumerCommand(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> Outcome {
        let process = try await ProcessUnderTest.start(
            "zitadel-consumer", arguments,
            environment: [
                "KAFKA_BOOTSTRAP_SERVERS": bootstrapServers, "KAFKA_SESSION_TIMEOUT_MS": "4000",
                "KAFKA_HEARTBEAT_INTERVAL_MS": "300",
            ].merging(environment) { $1 },
            in: folder.url, label: "command-\(UUID().uuidString)")
        let ending = try await process.untilEnd(within: .seconds(50))
        return Outcome(ending: ending, output: process.output, log: process.log)
    }
}
