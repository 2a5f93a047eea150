import NIOSSL

/// Where a listener's certificate and private key are: two PEM files.
package struct TLSFiles: Sendable, Equatable {
    /// The listener's own certificate first, then those that lead to the authority.
    package let certificate: String
    /// Without a passphrase: nobody is there to type it.
    package let key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// Both settings, or neither; nil means no TLS.
    ///
    /// - Throws: `ConfigurationError` when only one is set, or the files cannot be used.
    package init?(
        _ settings: Settings, certificate: SettingDefinition, key: SettingDefinition
    ) throws(ConfigurationError) {
        switch (settings.optionalString(certificate), settings.optionalString(key)) {
        case (nil, nil): return nil
        case (.some, nil): throw Self.missing(settings, key, besides: certificate)
        case (nil, .some): throw Self.missing(settings, certificate, besides: key)
        case (.some(let certificatePath), .some(let keyPath)):
            self.init(certificate: certificatePath, key: keyPath)
            do {
                _ = try load()
            } catch {
                throw ConfigurationError([settings.problem(error.isInKey ? key : certificate, error.description)])
            }
        }
    }

    /// A certificate chain with its key, ready for connections.
    struct Loaded: Sendable {
        let context: NIOSSLContext
        /// The end of the certificate that ends first, in seconds since 1970.
        let notAfter: Int64
    }

    /// - Throws: which file cannot be used and why; never what stands in it.
    func load() throws(TLSFileError) -> Loaded {
        let chain = try certificates()
        guard let keyBytes = readSmallFile(key, sizeMax: Self.sizeMax) else { throw .unreadable(path: key, isKey: true) }
        // An empty passphrase at once: asked for one, BoringSSL would wait at the terminal.
        guard let privateKey = try? NIOSSLPrivateKey(bytes: keyBytes, format: .pem, passphraseCallback: { $0([]) })
        else { throw .noKey(path: key) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        guard let context = try? NIOSSLContext(configuration: configuration) else {
            throw .keyOfAnother(key: key, certificate: certificate)
        }
        return Loaded(context: context, notAfter: chain.map { Int64($0.notValidAfter) }.min() ?? 0)
    }

    private func certificates() throws(TLSFileError) -> [NIOSSLCertificate] {
        guard let bytes = readSmallFile(certificate, sizeMax: Self.sizeMax) else {
            throw .unreadable(path: certificate, isKey: false)
        }
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(bytes), !chain.isEmpty else {
            throw .noCertificate(path: certificate)
        }
        return chain
    }

    private static let sizeMax = 256 << 10

    private static func missing(
        _ settings: Settings, _ missing: SettingDefinition, besides other: SettingDefinition
    ) -> ConfigurationError {
        ConfigurationError([settings.problem(missing, "is required beside \(other.name)")])
    }
}

/// A certificate or key that no listener can use.
package enum TLSFileError: Error, Equatable, CustomStringConvertible {
    case unreadable(path: String, isKey: Bool)
    case noCertificate(path: String)
    case noKey(path: String)
    case keyOfAnother(key: String, certificate: String)

    /// Whether the setting of the key is the one to look at.
    var isInKey: Bool {
        switch self {
        case .unreadable(_, let isKey): isKey
        case .noCertificate: false
        case .noKey, .keyOfAnother: true
        }
    }

    package var description: String {
        switch self {
        case .unreadable(let path, _): "the file \(path) cannot be read, or is larger than 256 KiB"
        case .noCertificate(let path): "the file \(path) holds no certificate in PEM form"
        case .noKey(let path): "the file \(path) holds no private key in PEM form, or one with a passphrase"
        case .keyOfAnother(let key, let certificate):
            "the key in \(key) does not belong to the first certificate in \(certificate)"
        }
    }
}
