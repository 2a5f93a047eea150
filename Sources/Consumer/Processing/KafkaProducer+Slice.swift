import KafkaClient

/// A record to publish; nil is a null key or a tombstone.
struct OutgoingRecord: Sendable {
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [(String, [UInt8])] = []
}

extension KafkaProducer {
    /// Publishes records together and waits for all of them. They arrive in no particular order.
    ///
    /// - Returns: for each record why it is not acknowledged; nil once every in-sync replica has it.
    func publish(
        _ records: [OutgoingRecord], to name: String
    ) async throws(KafkaConfigurationError) -> [PublishError?] {
        // Opened for the first record: earlier, brokers that create topics by themselves would be ahead of TopicSetup.
        let topic = try self.topic(name)
        return await withTaskGroup(of: (Int, PublishError?).self) { tasks in
            for (index, record) in records.enumerated() {
                tasks.addTask { (index, await self.publish(record, to: topic)) }
            }
            var failures = [PublishError?](repeating: nil, count: records.count)
            for await (index, failure) in tasks { failures[index] = failure }
            return failures
        }
    }

    private func publish(_ record: OutgoingRecord, to topic: KafkaTopic) async -> PublishError? {
        do throws(PublishError) {
            try await publish(to: topic, key: record.key, value: record.value, headers: record.headers)
            return nil
        } catch {
            return error
        }
    }
}
