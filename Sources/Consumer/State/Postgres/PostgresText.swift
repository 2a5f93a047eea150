import EventContract

/// Texts as PostgreSQL can hold them.
///
/// JSON texts may hold U+0000, PostgreSQL's may not. U+0000 is stored as U+0001 U+0001 and U+0001 as U+0001 U+0002,
/// which keeps the order of texts by their bytes. Nothing else changes, so that a person can read the tables.
enum PostgresText {
    private static let escape: UInt8 = 1

    static func append(_ text: UTF8Text, to bytes: inout [UInt8]) {
        guard text.bytes.contains(where: { $0 <= escape }) else { return bytes += text.bytes }
        for byte in text.bytes {
            if byte <= escape { bytes.append(escape) }
            bytes.append(byte <= escape ? byte + 1 : byte)
        }
    }

    static func decode(_ bytes: UnsafeBufferPointer<UInt8>) -> UTF8Text {
        guard bytes.contains(escape) else { return UTF8Text(bytes: Array(bytes)) }
        var text: [UInt8] = []
        var isEscaped = false
        for byte in bytes {
            if isEscaped {
                text.append(byte - 1)
                isEscaped = false
            } else if byte == escape {
                isEscaped = true
            } else {
                text.append(byte)
            }
        }
        return UTF8Text(bytes: text)
    }
}
