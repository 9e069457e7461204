using Cmud.Grains.Interfaces;

namespace Cmud.Client;

/// <summary>Servers as people write them: host:port, [v6]:port, or a host alone for port 6000, several parted by commas.</summary>
public static class ServerList
{
    /// <summary>Reads such a list; a server that stands in it twice is taken once.</summary>
    /// <exception cref="CmudException">A part is no address; the message names it.</exception>
    public static IReadOnlyList<ServerAddress> Parse(string text)
    {
        var addresses = new List<ServerAddress>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!ServerAddress.TryParse(part, out var address) && !ServerAddress.TryParse($"{part}:{StoreCluster.DefaultPort}", out address))
                throw new CmudException(CmudFailure.Refused, $"'{part}' is no address of a server; write HOST:PORT, as in localhost:6000, several parted by commas.");
            if (!addresses.Contains(address)) addresses.Add(address);
        }

        return addresses;
    }
}
