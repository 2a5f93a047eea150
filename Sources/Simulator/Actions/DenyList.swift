import Glibc

/// The addresses Zitadel refuses to call (GHSA fix of 4.11.1; all private ranges by default since 4.15.2).
struct DenyList: Sendable {
    private let includesPrivateRanges: Bool

    /// - Returns: nil for a release without the check.
    init?(version: ReportedVersion) {
        guard version.deniesLoopback else { return nil }
        includesPrivateRanges = version.deniesPrivateRanges
    }

    /// True when the host is denied, resolves to a denied address, or does not resolve at this moment.
    ///
    /// Blocks for the time of a name lookup.
    func denies(host: String) -> Bool {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return true }
        defer { freeaddrinfo(list) }
        var entry = list
        while let current = entry {
            if let address = current.pointee.ai_addr, denies(address, family: current.pointee.ai_family) { return true }
            entry = current.pointee.ai_next
        }
        return false
    }

    private func denies(_ address: UnsafeMutablePointer<sockaddr>, family: Int32) -> Bool {
        if family == AF_INET {
            let number = address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt32(bigEndian: $0.pointee.sin_addr.s_addr)
            }
            return deniesIPv4(number)
        }
        guard family == AF_INET6 else { return true }
        let bytes = address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
            withUnsafeBytes(of: pointer.pointee.sin6_addr) { Array($0) }
        }
        let isLoopback = bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        if isMapped { return deniesIPv4(bytes[12...].reduce(0) { $0 << 8 | UInt32($1) }) }
        return isLoopback
            || includesPrivateRanges && (bytes[0] & 0xFE == 0xFC || bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80)
    }

    private func deniesIPv4(_ address: UInt32) -> Bool {
        func isIn(_ network: UInt32, _ bits: UInt32) -> Bool { address >> (32 - bits) == network >> (32 - bits) }
        if isIn(0x7F00_0000, 8) { return true }
        guard includesPrivateRanges else { return false }
        return isIn(0x0A00_0000, 8) || isIn(0xAC10_0000, 12) || isIn(0xC0A8_0000, 16) || isIn(0x6440_0000, 10)
            || isIn(0xA9FE_0000, 16) || isIn(0, 8)
    }
}
