import CCrypto
package import EventContract
import Glibc

/// A metadata value under the groups key that holds no groups. Never carries the value.
package struct GroupsWarning: Equatable, Sendable {
    package let userID: UTF8Text
    package let key: UTF8Text
}

/// The three ways to look at the whole state: as lines, as their hash, and one user of it.
package struct StateExport {
    private let reader: StateReader
    private let groupsKey: UTF8Text
    private let warn: (GroupsWarning) -> Void

    /// - Parameters:
    ///   - groupsKey: the metadata key that holds a user's groups (`CONSUMER_GROUPS_METADATA_KEY`).
    ///   - warn: called for each printed user whose value under that key is none.
    package init(_ reader: StateReader, groupsKey: UTF8Text, warn: @escaping (GroupsWarning) -> Void) {
        self.reader = reader
        self.groupsKey = groupsKey
        self.warn = warn
    }

    /// Calls `output` with the export piece by piece, each of whole lines. Memory does not grow with the state.
    package func write(_ output: ([UInt8]) throws(StateError) -> Void) throws(StateError) {
        var writer = JSONWriter()
        try reader.forEachUser { (user) throws(StateError) in
            user.write(to: &writer, groups: groups(of: user))
            writer.literal("\n")
            guard writer.bytes.count >= Self.pieceSize else { return }
            try output(writer.bytes)
            writer.removeAll()
        }
        if !writer.bytes.isEmpty { try output(writer.bytes) }
    }

    /// Writes the export to a file descriptor that blocks.
    package func write(to descriptor: Int32) throws(StateError) {
        try write { (piece) throws(StateError) in try Self.writeAll(piece, to: descriptor) }
    }

    /// The SHA-256 of exactly what `write` writes, in lower-case hexadecimal digits.
    package func hash() throws(StateError) -> String {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1, "libcrypto has SHA-256")
        try write { (piece) throws(StateError) in
            _ = piece.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
        }
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        EVP_DigestFinal_ex(context, &digest, nil)
        return digest.map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    /// The export's line of one user, without its end; nil when there is no such user, or no longer.
    package func line(of userID: UTF8Text) throws(StateError) -> [UInt8]? {
        guard let user = try reader.user(userID) else { return nil }
        var writer = JSONWriter()
        user.write(to: &writer, groups: groups(of: user))
        return writer.bytes
    }

    /// The export's line of each of these users, without its end, in their order; nil for one that is not printed.
    package func lines(of userIDs: [UTF8Text]) throws(StateError) -> [[UInt8]?] {
        var lines: [UTF8Text: [UInt8]] = [:]
        var writer = JSONWriter()
        try reader.forEachUser(of: userIDs) { (user) throws(StateError) in
            user.write(to: &writer, groups: groups(of: user))
            lines[user.id] = writer.bytes
            writer.removeAll()
        }
        return userIDs.map { lines[$0] }
    }

    private func groups(of user: UserFacts) -> [Group] {
        guard let entry = user.visibleMetadata.first(where: { $0.key == groupsKey }) else { return [] }
        if let groups = Group.decode(metadataValue: entry.value) { return groups }
        warn(GroupsWarning(userID: user.id, key: groupsKey))
        return []
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws(StateError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw .outputFailed(errno: errno)
            }
        }
    }

    private static let pieceSize = 64 << 10
}
