using System.Buffers;
using System.Globalization;
using Cmud.Grains.Interfaces;

namespace Cmud.Client;

/// <summary>Where a server's gateway listens, as people write it: host:port, [v6]:port, or a host alone for port 6000.</summary>
/// <param name="Host">A name, or an address of version 4 or 6 (without its brackets).</param>
/// <param name="Port">1 to 65,535.</param>
public readonly record struct ServerAddress(string Host, int Port)
{
    /// <summary>The server of one's own machine, on the port that servers take unless told another.</summary>
    public static readonly ServerAddress Default = new("localhost", StoreCluster.DefaultPort);

    private static readonly SearchValues<char> Foreign = SearchValues.Create("/?#@ \\");

    /// <summary>Reads one address; false where the text is none.</summary>
    public static bool TryParse(string text, out ServerAddress address)
    {
        address = default;
        // The scheme is only a crutch: an address is the authority of a URI and nothing more.
        var more = text.AsSpan().ContainsAny(Foreign) || text.EndsWith(':');
        if (more || !Uri.TryCreate($"cmud://{text}", UriKind.Absolute, out var uri) || uri.DnsSafeHost.Length == 0) return false;

        address = new(uri.DnsSafeHost, uri.Port < 0 ? StoreCluster.DefaultPort : uri.Port);
        return address.Port is > 0 and <= ushort.MaxValue;
    }

    /// <summary>Reads addresses parted by commas.</summary>
    /// <exception cref="CmudException">A part is no address; the message names it.</exception>
    public static IReadOnlyList<ServerAddress> ParseList(string text)
    {
        var addresses = new List<ServerAddress>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!TryParse(part, out var address))
                throw new CmudException(CmudFailure.Refused, $"'{part}' is no address of a server; write HOST:PORT, as in localhost:6000, several parted by commas.");
            if (!addresses.Contains(address)) addresses.Add(address);
        }

        return addresses;
    }

    /// <summary>As it is read.</summary>
    public override string ToString() =>
        Host.Contains(':', StringComparison.Ordinal)
            ? string.Create(CultureInfo.InvariantCulture, $"[{Host}]:{Port}")
            : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}
