import CRdKafka

/// The headers of one record on their way to librdkafka, which takes them when it accepts the record.
package struct KafkaHeaders: ~Copyable {
    private let pointer: OpaquePointer

    /// - Parameter capacity: headers that fit without growing.
    package init(capacity: Int) { pointer = rd_kafka_headers_new(capacity) }

    deinit { rd_kafka_headers_destroy(pointer) }

    /// Adds a header after those already there. Name and value are copied.
    package mutating func add(_ name: StaticString, _ value: UnsafeRawBufferPointer) {
        name.withUTF8Buffer { utf8 in
            utf8.withMemoryRebound(to: CChar.self) { add($0.baseAddress, length: $0.count, value) }
        }
    }

    /// For cold callers whose header names are not known at compile time.
    package mutating func add(_ name: String, _ value: [UInt8]) {
        value.withUnsafeBytes { add(name, length: name.utf8.count, $0) }
    }

    private func add(_ name: UnsafePointer<CChar>?, length: Int, _ value: UnsafeRawBufferPointer) {
        // A null value would be a null header: an empty one keeps its address.
        let code = rd_kafka_header_add(pointer, name, length, value.baseAddress ?? UnsafeRawPointer(name), value.count)
        assert(code == RD_KAFKA_RESP_ERR_NO_ERROR)
    }

    /// The headers themselves; whoever takes them destroys them or gives them to librdkafka.
    consuming func take() -> OpaquePointer {
        let taken = pointer
        discard self
        return taken
    }
}
