/// Waits for a condition to become true. The only place where tests may wait.
///
/// - Parameter what: what was expected, said when it did not come.
package func eventually(
    within timeout: Duration = .seconds(60), _ what: String,
    isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + timeout
    while !(try await condition()) {
        guard ContinuousClock.now < deadline else { throw NotInTime(what: what, timeout: timeout) }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// A condition that `eventually` waited for in vain.
package struct NotInTime: Error, CustomStringConvertible {
    let what: String
    let timeout: Duration

    package var description: String { "not within \(timeout): \(what)" }
}
