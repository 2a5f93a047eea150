/// The programs that read the settings table.
package enum Program: String, Sendable, CaseIterable {
    case bridge = "zitadel-bridge"
    case consumer = "zitadel-consumer"
}
