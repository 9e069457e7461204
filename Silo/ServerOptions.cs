using System.Collections.ObjectModel;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Cmud.Grains.Interfaces.Tls;
using Cmud.Replication;
using Cmud.Silo.Journal;

namespace Cmud.Silo;

/// <summary>What one asks for when one starts a server: the command line as values.</summary>
public sealed record ServerOptions
{
    /// <summary>Greatest reserve, in bytes.</summary>
    public const long MaxReserve = 1L << 50;

    /// <summary>Operations a second for a token unless told otherwise.</summary>
    public const int DefaultRate = 10_000;

    /// <summary>Keys of a namespace unless told otherwise.</summary>
    public const long DefaultNamespaceKeys = 1_000_000;

    /// <summary>Bytes of a namespace unless told otherwise: 1 GiB.</summary>
    public const long DefaultNamespaceBytes = 1L << 30;

    /// <summary>Most operations a second for a token.</summary>
    public const int MaxRate = 10_000_000;

    /// <summary>Longest label.</summary>
    public const int MaxNameLength = 64;

    /// <summary>The port of the gateway, for Orleans clients and peers. The ports after it speak RESP, one per query grain.</summary>
    public int Port { get; init; } = StoreCluster.DefaultPort;

    /// <summary>The port that speaks HTTP; null for none.</summary>
    public int? Http { get; init; }

    /// <summary>How many query grains.</summary>
    /// <value>The number of processors by default.</value>
    public int QueryGrains { get; init; } = DefaultQueryGrains;

    /// <summary>Existing servers to join; any one of them is enough.</summary>
    public IReadOnlyList<ServerAddress> Join { get; init; } = [];

    /// <summary>The label of the server.</summary>
    /// <value>server-PORT by default.</value>
    public string Name { get => field ?? FormattableString.Invariant($"server-{Port}"); init; }

    /// <summary>The address of this machine to listen on.</summary>
    /// <value>Loopback by default: who may reach the gateway may read and write everything.</value>
    public IPAddress Host { get; init; } = IPAddress.Loopback;

    /// <summary>What peers and clients dial where that differs from the listening address; null where it does not.</summary>
    public ServerAddress? Advertise { get; init; }

    /// <summary>The data directory; null keeps everything in memory only.</summary>
    public string? Data { get; init; }

    /// <summary>When a write counts as committed, where there is a data directory.</summary>
    public Durability Durability { get; init; }

    /// <summary>How much of the data directory's disk is left free, in bytes: below that, writes are refused.</summary>
    public long Reserve { get; init; } = JournalSettings.DefaultReserve;

    /// <summary>The id that this server must not go by any more; not an option of the command line, see <see cref="StoreServer.Fenced"/>.</summary>
    public ServerId? Former { get; init; }

    /// <summary>The least incarnation to begin with; not an option of the command line, see <see cref="StoreServer.OutlivedBy"/>.</summary>
    public ulong LeastIncarnation { get; init; }

    /// <summary>What clients of the gateways need; null leaves that to where the server listens.</summary>
    public GatewayAuth? Auth { get; init; }

    /// <summary>Whether clients of the gateways need a token.</summary>
    /// <value>By default where others than this machine reach them.</value>
    public bool AsksTokens => (Auth ?? (IPAddress.IsLoopback(Host) ? GatewayAuth.None : GatewayAuth.Tokens)) == GatewayAuth.Tokens;

    /// <summary>Operations a second that a token may ask for, where tokens are asked.</summary>
    public int Rate { get; init; } = DefaultRate;

    /// <summary>Most keys of a namespace.</summary>
    public long NamespaceKeys { get; init; } = DefaultNamespaceKeys;

    /// <summary>Most bytes of keys and values of a namespace.</summary>
    public long NamespaceBytes { get; init; } = DefaultNamespaceBytes;

    /// <summary>What RESP and HTTP show over TLS; null where they speak without.</summary>
    public CertificateFiles? Tls { get; init; }

    /// <summary>What the Orleans gateway, and this server where it dials others, shows and trusts; null where they speak in the clear.</summary>
    public MutualTlsFiles? MutualTls { get; init; }

    /// <summary>Whether whoever started it takes upon himself what would else be refused: to serve others than this machine without tokens or in the clear.</summary>
    public bool Insecure { get; init; }

    /// <summary>The file to which what operators did and what clients were refused is appended; null for none.</summary>
    public string? Audit { get; init; }

    /// <summary>Variables of OpenTelemetry, by their names; not options of the command line, but of the environment.</summary>
    public IReadOnlyDictionary<string, string> Telemetry { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The URL of the collector that metrics are sent to; null where they are not.</summary>
    public string? Collector => Telemetry.GetValueOrDefault(Silo.Telemetry.Endpoint) is { Length: > 0 } url ? url : null;

    /// <summary>Log what Orleans and ASP.NET have to say.</summary>
    public bool Verbose { get; init; }

    /// <summary>How many query grains a server has that is not told otherwise.</summary>
    public static int DefaultQueryGrains => Math.Min(Environment.ProcessorCount, StoreOptions.MaxQueryGrains);

    /// <summary>What peers and clients dial.</summary>
    public ServerAddress Gateway => Advertise ?? new(Host.ToString(), Port);

    /// <summary>The port that speaks RESP for query grain <paramref name="index"/>.</summary>
    public int RespPort(int index) => Port + 1 + index;

    /// <summary>The RESP ports, as one says them: 6001-6002.</summary>
    public string RespPorts => QueryGrains == 1 ? Text(RespPort(0)) : $"{Text(RespPort(0))}-{Text(RespPort(QueryGrains - 1))}";

    /// <summary>Null where a server can be made of these options, else one sentence that says what to change.</summary>
    public string? Refuse()
    {
        if (Port is < 1 or > ServerAddress.MaxPort) return RefusePort(Text(Port));
        if (QueryGrains is < 1 or > StoreOptions.MaxQueryGrains) return RefuseCount(Text(QueryGrains));
        if (RespPort(QueryGrains - 1) > ServerAddress.MaxPort)
            return $"--port {Text(Port)} with --count {Text(QueryGrains)} needs the ports up to {Text(Port + QueryGrains)}, but there are only {Text(ServerAddress.MaxPort)}; choose a --port of at most {Text(ServerAddress.MaxPort - QueryGrains)}.";
        if (Http is < 1 or > ServerAddress.MaxPort) return RefuseHttp(Text(Http.Value));
        if (Http >= Port && Http <= RespPort(QueryGrains - 1))
            return $"--http {Text(Http.Value)} is a port that this server needs itself: {Text(Port)} is its gateway, and RESP is on {RespPorts}; choose another --http.";
        if (Name.Length is < 1 or > MaxNameLength || Name.Any(char.IsControl) || string.IsNullOrWhiteSpace(Name))
            return $"--name must be 1 to {Text(MaxNameLength)} characters on one line, and not only blanks; choose a short label.";
        if (Collector is { } collector && !(Uri.TryCreate(collector, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)))
            return $"{Silo.Telemetry.Endpoint} is '{collector}' but must be the URL of a collector, such as http://127.0.0.1:4317; set it to one, or not at all.";
        if (Data is "") return "--data is '' but must name a directory; give one, or --ephemeral to keep everything in memory.";
        if (Reserve is < 0 or > MaxReserve) return RefuseReserve(Reserve.ToString(CultureInfo.InvariantCulture));
        if (Advertise is null && IsAny(Host))
            return $"--host {Host} listens on every address of this machine, so say which one peers and clients dial: add --advertise HOST:{Text(Port)}.";
        if (Advertise is not null && IPAddress.TryParse(Advertise.Host, out var dialled) && IsAny(dialled))
            return $"--advertise {Advertise} cannot be dialled from elsewhere; give an address or name under which peers and clients reach this machine.";

        if (!AsksTokens && !IPAddress.IsLoopback(Host) && !Insecure)
            return $"--auth none lets whoever reaches {Host} read and write everything; leave it out, or take that upon yourself with --insecure.";
        if (Rate is < 1 or > MaxRate) return RefuseRate(Text(Rate));
        if (NamespaceKeys < 1) return RefuseNamespaceKeys(NamespaceKeys.ToString(CultureInfo.InvariantCulture));
        if (NamespaceBytes is < 1 or > MaxReserve) return RefuseNamespaceBytes(NamespaceBytes.ToString(CultureInfo.InvariantCulture));
        if (Audit is "") return "--audit is '' but must name a file; give one, or leave it out.";

        return Join.FirstOrDefault(IsThisServer) is { } own
            ? $"--join {own} is this server itself; give the address of another server, or leave --join out to start the first one."
            : RefuseInTheClear();
    }

    /// <summary>The sentence for a --port that is none.</summary>
    public static string RefusePort(string shown) => $"--port is '{shown}' but must be a number from 1 to {Text(ServerAddress.MaxPort)}, such as {Text(StoreCluster.DefaultPort)}.";

    /// <summary>The sentence for a --http that is none.</summary>
    public static string RefuseHttp(string shown) => $"--http is '{shown}' but must be a number from 1 to {Text(ServerAddress.MaxPort)}, such as 8080, or left out for no HTTP.";

    /// <summary>The sentence for a --count that is none.</summary>
    public static string RefuseCount(string shown) =>
        $"--count is '{shown}' but must be a number from 1 to {Text(StoreOptions.MaxQueryGrains)}: how many query grains the server has, each with a full replica.";

    /// <summary>The sentence for a --durability that is none.</summary>
    public static string RefuseDurability(string shown) =>
        $"--durability is '{shown}' but must be fsync (acknowledged when the disk has it), interval (synced every 100 ms, acknowledged before) or memory (nothing is kept).";

    /// <summary>The sentence for an --auth that is none.</summary>
    public static string RefuseAuth(string shown) => $"--auth is '{shown}' but must be tokens (clients of the gateways need one; see cmud token) or none (whoever reaches them may do everything).";

    /// <summary>The sentence for a --rate that is none.</summary>
    public static string RefuseRate(string shown) => $"--rate is '{shown}' but must be a number from 1 to {Text(MaxRate)}: how many operations a second a token may ask for.";

    /// <summary>The sentence for a --namespace-keys that is none.</summary>
    public static string RefuseNamespaceKeys(string shown) => $"--namespace-keys is '{shown}' but must be a number from 1 to {Text(int.MaxValue)}: how many keys a namespace may have.";

    /// <summary>The sentence for a --namespace-bytes that is none.</summary>
    public static string RefuseNamespaceBytes(string shown) => $"--namespace-bytes is '{shown}' but must be an amount of bytes from 1 to {ByteSize.Show(MaxReserve)}, such as 64MiB or 1GiB.";

    /// <summary>The sentence for a --reserve that is none.</summary>
    public static string RefuseReserve(string shown) => $"--reserve is '{shown}' but must be an amount of bytes from 0 to {ByteSize.Show(MaxReserve)}, such as 64MiB or 1GiB.";

    /// <summary>The sentence for a HOST:PORT that is none.</summary>
    public static string RefuseAddress(string option, string shown) =>
        $"{option} is '{shown}' but must be HOST:PORT with a port from 1 to {Text(ServerAddress.MaxPort)}, such as 127.0.0.1:6000 or [::1]:6000.";

    /// <summary>The sentence for a --host that is none.</summary>
    public static string RefuseHost(string shown) =>
        $"--host is '{shown}' but must be an IP address of this machine: 127.0.0.1 for this machine only, 0.0.0.0 (with --advertise) for all its addresses.";

    /// <summary>One sentence where something that others than this machine reach is spoken in the clear.</summary>
    private string? RefuseInTheClear()
    {
        if (Insecure || IPAddress.IsLoopback(Host)) return null;

        var gateways = Tls is null ? "RESP and HTTP are without TLS (--tls-cert, --tls-key)" : null;
        var orleans = MutualTls is null ? "the gateway for .NET clients and servers is without mutual TLS (--peer-ca, --peer-cert, --peer-key)" : null;
        return gateways is null && orleans is null
            ? null
            : $"--host {Host} is reached from other machines, but {string.Join(", and ", new[] { gateways, orleans }.OfType<string>())}; give certificates (cmud cert init makes some), or take that upon yourself with --insecure.";
    }

    private bool IsThisServer(ServerAddress peer) => peer == Gateway || (peer.Port == Port && ListensOn(peer.Host));

    /// <summary>Whether dialling <paramref name="host"/> here reaches the listening address. Names other than localhost are not looked up.</summary>
    private bool ListensOn(string host)
    {
        if (host == "localhost") return IsAny(Host) || IPAddress.IsLoopback(Host);
        if (!IPAddress.TryParse(host, out var ip)) return false;
        if (ip.IsIPv4MappedToIPv6) ip = ip.MapToIPv4();

        // Dialling "any" means loopback.
        if (IsAny(ip)) return IsAny(Host) || IPAddress.IsLoopback(Host);
        return ip.Equals(Host) || (IsAny(Host) && (IPAddress.IsLoopback(ip) || IsOfThisMachine(ip)));
    }

    private static bool IsAny(IPAddress ip) => ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any);

    private static bool IsOfThisMachine(IPAddress ip) => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(card => card.GetIPProperties().UnicastAddresses)
        .Any(own => own.Address.Equals(ip));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
