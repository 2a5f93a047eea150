internal import Glibc

extension UnsafeRawBufferPointer {
    /// Whether both hold the same bytes.
    func holdsSame(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard let left = baseAddress, let right = other.baseAddress else { return true }
        return memcmp(left, right, count) == 0
    }

    /// Whether these bytes sort before the others, as unsigned numbers; a prefix sorts first.
    func precedes(_ other: UnsafeRawBufferPointer) -> Bool {
        let common = Swift.min(count, other.count)
        if common > 0, let left = baseAddress, let right = other.baseAddress {
            let order = memcmp(left, right, common)
            if order != 0 { return order < 0 }
        }
        return count < other.count
    }
}

extension StaticString {
    /// The bytes of the literal, which live as long as the process.
    package var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}
