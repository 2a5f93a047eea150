extension KafkaProducer {
    /// Publishes one record and returns once every in-sync replica has it. For cold callers.
    ///
    /// Somebody must be serving events. Cancellation does not end the wait: the record may still be written, and
    /// `message.timeout.ms` bounds it.
    ///
    /// - Parameters:
    ///   - key: nil for a null key, which is not the same as an empty one.
    ///   - value: nil for a tombstone.
    package func publish(
        to topic: KafkaTopic, key: [UInt8]?, value: [UInt8]?, headers: [(String, [UInt8])] = []
    ) async throws(PublishError) {
        let failure: PublishError? = await withCheckedContinuation { continuation in
            let receiver = ContinuationReceiver(continuation)
            if let refusal = accept(topic, key, value, headers, receiver) { continuation.resume(returning: refusal) }
        }
        if let failure { throw failure }
    }

    private func accept(
        _ topic: KafkaTopic, _ key: [UInt8]?, _ value: [UInt8]?, _ headers: [(String, [UInt8])],
        _ receiver: DeliveryReceiver
    ) -> PublishError? {
        key.withBytesOrNull { key in
            value.withBytesOrNull { value in
                var list = KafkaHeaders(capacity: headers.count)
                for (name, value) in headers { list.add(name, value) }
                do throws(PublishError) {
                    try produce(to: topic, key: key, value: value, headers: list, receiver: receiver)
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

extension [UInt8]? {
    /// Lends the bytes: without an address for nil, which is null, and with one even when there are none.
    fileprivate func withBytesOrNull<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard let self else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        return self.withUnsafeBytes { bytes in
            let someAddress = UnsafeRawPointer(bitPattern: 1)
            return body(UnsafeRawBufferPointer(start: bytes.baseAddress ?? someAddress, count: bytes.count))
        }
    }
}
