/// Text that must not be printed. No description, mirror or dump shows it.
package struct SecretText: Sendable {
    /// For the one place that needs it.
    let exposed: String

    package init(_ text: String) {
        exposed = text
    }
}

extension SecretText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<REDACTED>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
