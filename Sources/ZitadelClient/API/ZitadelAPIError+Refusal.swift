extension ZitadelAPIError {
    private static let resourceExhausted = 8

    /// - Parameters:
    ///   - response: with a status other than 2xx.
    ///   - token: words that repeat it are not passed on.
    init(refusal response: HTTPResponse, hiding token: SecretText?) {
        let body = ZitadelErrorBody(response.body)
        var message = body?.message ?? Self.words(response)
        var id = body?.id
        if let token, "\(message) \(id ?? "")".contains(token.exposed) {
            message = "the server's words hold our token: withheld"
            id = nil
        }
        // gRPC turns an answer above its own limit into "resource exhausted", which the gateway turns into 429.
        let isTooLarge = body?.code == Self.resourceExhausted && message.contains("larger than max")
        self.init(
            isTooLarge ? .tooLarge : .refused, status: response.status, code: body?.code, id: id,
            message: message, retryAfter: response.retryAfter)
    }

    /// For an answer without an error of Zitadel's; its text may be anybody's, so none of it is passed on.
    private static func words(_ response: HTTPResponse) -> String {
        if (300..<400).contains(response.status) {
            return "a redirect, which is not followed: the token goes to the configured address only"
        }
        // Zitadel, internal/api/http/middleware/instance_interceptor.go.
        let start = String(decoding: response.body.prefix(1024), as: UTF8.self)
        return start.contains("unable to set instance")
            ? "Zitadel has no instance for this host name" : "the answer holds no error of Zitadel's"
    }
}
