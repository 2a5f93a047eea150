import CPostgres
import EventContract

/// The parameters of one statement in PostgreSQL's binary form; its memory is used again for the next one.
final class PostgresParameters {
    /// The first byte is nobody's: empty text needs an address, or it would be NULL.
    private var bytes: [UInt8] = [0]
    /// Where each value starts; `null` for NULL.
    private var starts: [Int] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    private var pointers: [UnsafePointer<CChar>?] = []

    private static let null = -1
    private static let binary: Int32 = 1

    /// The object ids of `text` and `bigint`, 0 where the server shall find out.
    static func type(_ value: FactValue) -> Oid {
        switch value {
        case .text: 25
        case .integer: 20
        case .null: 0
        }
    }

    func removeAll() {
        bytes.removeSubrange(1...)
        starts.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
    }

    func append(_ value: FactValue) {
        switch value {
        case .text(let text): append(text)
        case .integer(let integer): append(integer)
        case .null: add(start: Self.null)
        }
    }

    func append(_ text: UTF8Text) {
        let start = bytes.count
        PostgresText.append(text, to: &bytes)
        add(start: start)
    }

    func append(_ integer: Int64) {
        let start = bytes.count
        withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
        add(start: start)
    }

    /// Calls `body` with the arguments that libpq's functions take.
    func withPointers<Result>(
        _ body: (
            Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        ) -> Result
    ) -> Result {
        while formats.count < starts.count { formats.append(Self.binary) }
        return bytes.withUnsafeBytes { memory in
            pointers.removeAll(keepingCapacity: true)
            let base = memory.baseAddress?.assumingMemoryBound(to: CChar.self)
            for start in starts { pointers.append(start == Self.null ? nil : base.map { $0 + start }) }
            return body(Int32(starts.count), pointers, lengths, formats)
        }
    }

    private func add(start: Int) {
        starts.append(start)
        lengths.append(start == Self.null ? 0 : Int32(bytes.count - start))
    }
}
