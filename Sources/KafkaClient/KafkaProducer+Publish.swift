extension KafkaProducer {
    /// Publishes one record and returns once every in-sync replica has it. For cold callers.
    ///
    /// Somebody must be serving events. Cancellation does not end the wait: the record may still be written, and
    /// `message.timeout.ms` bounds it.
    ///
    /// - Parameter key: empty for a null key.
    package func publish(
        to topic: KafkaTopic, key: [UInt8], value: [UInt8], headers: [(String, [UInt8])] = []
    ) async throws(PublishError) {
        let failure: PublishError? = await withCheckedContinuation { continuation in
            let receiver = ContinuationReceiver(continuation)
            if let refusal = accept(topic, key, value, headers, receiver) { continuation.resume(returning: refusal) }
        }
        if let failure { throw failure }
    }

    private func accept(
        _ topic: KafkaTopic, _ key: [UInt8], _ value: [UInt8], _ headers: [(String, [UInt8])],
        _ receiver: DeliveryReceiver
    ) -> PublishError? {
        key.withUnsafeBytes { key in
            value.withUnsafeBytes { value in
                var list = KafkaHeaders(capacity: headers.count)
                for (name, value) in headers { list.add(name, value) }
                let key = key.isEmpty ? UnsafeRawBufferPointer(start: nil, count: 0) : key
                do throws(PublishError) {
                    try produce(to: topic, key: key, value: value.neverNull, headers: list, receiver: receiver)
                    return nil
                } catch {
                    return error
                }
            }
        }
    }
}

/// Resumes the task that waits for one record.
private final class ContinuationReceiver: DeliveryReceiver {
    private let continuation: CheckedContinuation<PublishError?, Never>

    init(_ continuation: CheckedContinuation<PublishError?, Never>) {
        self.continuation = continuation
        super.init()
    }

    override func recordDelivered(_ failure: PublishError?) { continuation.resume(returning: failure) }
}

extension UnsafeRawBufferPointer {
    /// The same bytes with an address even when there are none: empty, where null would mean a tombstone.
    fileprivate var neverNull: UnsafeRawBufferPointer {
        baseAddress == nil ? UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: 1), count: 0) : self
    }
}
