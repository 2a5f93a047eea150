import Glibc

/// The bytes of a file of at most `sizeMax` bytes; `nil` when it cannot be read or is larger.
///
/// Reads to the end instead of asking for the size, so that files under `/proc` and pipes work too.
package func readSmallFile(_ path: String, sizeMax: Int) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while bytes.count <= sizeMax {
        let count = read(descriptor, &chunk, chunk.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { return nil }
        if count == 0 { return bytes }
        bytes += chunk[..<count]
    }
    return nil
}
