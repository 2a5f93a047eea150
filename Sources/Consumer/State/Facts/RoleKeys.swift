package import EventContract

/// A list of role keys as the state holds it: a JSON array, sorted by UTF-8 bytes, without doubles.
///
/// It is stored as printed, so that printing copies it.
package enum RoleKeys {
    package static func json(_ keys: [UTF8Text]) -> [UInt8] {
        var writer = JSONWriter()
        writer.literal("[")
        var previous: UTF8Text?
        for key in keys.count > 1 ? keys.sorted() : keys where key != previous {
            if previous != nil { writer.literal(",") }
            writer.string(key)
            previous = key
        }
        writer.literal("]")
        return writer.bytes
    }
}

extension RoleKeys {
    /// Reads what `json` wrote.
    package static func decode(_ json: UTF8Text) -> [UTF8Text] {
        var keys: [UTF8Text] = []
        json.bytes.withUnsafeBytes { bytes in
            var scanner = JSONScanner()
            scanner.start(bytes)
            try? scanner.array { (scanner) throws(JSONError) in
                if let key = try scanner.value().string { keys.append(key.text) }
            }
        }
        return keys
    }
}
