/// The address of Zitadel's API: `ZITADEL_GRPC_HOST`, checked and in one form.
package struct ZitadelBaseURL: Hashable, Sendable {
    /// Why a text is no such address. Never shows the text, which may hold a password.
    package enum Fault: String, Error, CustomStringConvertible {
        case scheme = "has a scheme other than http and https"
        case noHost = "names no host"
        case userInfo = "holds a user name or password"
        case queryOrFragment = "holds a query or a fragment"
        case character = "holds a blank, a backslash or a control character"

        package var description: String { rawValue }
    }

    /// With scheme, without a slash at its end.
    package let text: String

    /// - Parameter text: `https://` is assumed without a scheme; a path is kept in front of every call's path.
    package init(_ text: String) throws(Fault) {
        guard text.unicodeScalars.allSatisfy({ $0.value > 32 && $0.value != 127 && $0 != "\\" }) else {
            throw .character
        }
        var rest = text[...]
        var scheme = "https"
        if let separator = text.firstRange(of: "://") {
            scheme = text[..<separator.lowerBound].lowercased()
            rest = text[separator.upperBound...]
        }
        guard scheme == "https" || scheme == "http" else { throw .scheme }
        guard !rest.contains(where: { $0 == "?" || $0 == "#" }) else { throw .queryOrFragment }
        let authority = rest.prefix { $0 != "/" }
        guard !authority.contains("@") else { throw .userInfo }
        guard let first = authority.first, first != ":" else { throw .noHost }
        while rest.last == "/" { rest.removeLast() }
        self.text = "\(scheme)://\(rest)"
    }
}
