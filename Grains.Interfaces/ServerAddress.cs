using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Cmud.Grains.Interfaces;

/// <summary>host:port of a gateway, as one dials it.</summary>
/// <param name="Host">A name in small letters, or an IP address in its usual form, without brackets.</param>
/// <param name="Port">1 to 65,535.</param>
public sealed record ServerAddress(string Host, int Port)
{
    /// <summary>Greatest port there is.</summary>
    public const int MaxPort = 65_535;

    /// <summary>The server of one's own machine, on the port that servers take unless told another.</summary>
    public static readonly ServerAddress Default = new("localhost", StoreCluster.DefaultPort);

    /// <summary>Reads HOST:PORT; an IPv6 address stands in brackets, for its own colons.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ServerAddress? address)
    {
        address = null;
        var colon = text.LastIndexOf(':');
        if (colon < 1) return false;
        if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)) return false;
        if (port is < 1 or > MaxPort) return false;
        if (!TryParseHost(text[..colon], out var host)) return false;

        address = new(host, port);
        return true;
    }

    /// <summary>The IP address behind the host; a name is looked up, and IPv4 is taken where it has both.</summary>
    public bool TryResolve([NotNullWhen(true)] out IPAddress? ip)
    {
        if (IPAddress.TryParse(Host, out ip)) return true;
        try
        {
            ip = Dns.GetHostAddresses(Host).OrderBy(found => found.AddressFamily != AddressFamily.InterNetwork).FirstOrDefault();
        }
        catch (Exception unknown) when (unknown is SocketException or ArgumentException)
        {
            ip = null;
        }

        return ip is not null;
    }

    /// <summary>host:port, an IPv6 address in brackets.</summary>
    public override string ToString() => FormattableString.Invariant($"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}");

    private static bool TryParseHost(string text, out string host)
    {
        host = "";
        if (text.StartsWith('[') || text.EndsWith(']'))
        {
            if (!text.StartsWith('[') || !text.EndsWith(']') || !IPAddress.TryParse(text.AsSpan(1, text.Length - 2), out var v6)) return false;
            host = v6.ToString();
            return v6.AddressFamily == AddressFamily.InterNetworkV6;
        }

        var kind = Uri.CheckHostName(text);
        if (kind is not (UriHostNameType.Dns or UriHostNameType.IPv4)) return false;
        host = kind == UriHostNameType.IPv4 ? IPAddress.Parse(text).ToString() : text.ToLowerInvariant();
        return true;
    }
}
