import KafkaMockCluster
import TestSupport
import Testing

@testable import KafkaClient

@Suite struct FailureTests {
    /// What the programs do with a client's errors.
    private struct Reporting: KafkaObserver {
        let failure: KafkaFailure
        func brokerError(_ error: KafkaBrokerError) { failure.report(error) }
    }

    @Test("A fatal error of the producer ends the program, and an error that passes does not")
    func fatalClientError() async throws {
        let cluster = try KafkaMockCluster()
        let failure = KafkaFailure()
        let producer = try KafkaProducer(
            KafkaConfiguration(cluster), logger: .silent, observer: Reporting(failure: failure))
        failure.report(KafkaBrokerError(name: "_TRANSPORT", reason: "gone for now", isFatal: false))
        KafkaMockCluster.failForGood(producer.handle.client, code: 45, reason: "sequence")
        let reports = ReportCount()
        #expect(throws: PublishError.self) {
            try producer.produce("x", to: producer.topic("t"), CountingReceiver(reports))
        }
        let failed = await #expect(throws: KafkaClientFailed.self) {
            try await withThrowingTaskGroup { group in
                group.addTask { try await failure.run() }
                group.addTask {
                    try await eventually(within: .seconds(10), "the program ends") {
                        producer.serveEvents()
                        return Task.isCancelled
                    }
                }
                try await group.next()
            }
        }
        let error = try #require(failed).error
        #expect(error.isFatal)
        #expect(error.name == "OUT_OF_ORDER_SEQUENCE_NUMBER")
    }
}
