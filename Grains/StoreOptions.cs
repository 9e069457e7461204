using Cmud.Grains.Interfaces.Tls;
using Cmud.Replication;

namespace Cmud.Grains;

/// <summary>How one server of the store is set up. Validated by the command line before it gets here.</summary>
public sealed class StoreOptions
{
    /// <summary>The label of the server; never its identity.</summary>
    public string Name { get; set; } = "server";

    /// <summary>How many query grains the server has, each with a full replica: 1 to <see cref="MaxQueryGrains"/>.</summary>
    /// <value>The number of processors by default.</value>
    public int QueryGrains { get; set; } = Environment.ProcessorCount;

    /// <summary>The host:port under which peers and clients reach the gateway; null takes the silo's own gateway address.</summary>
    public string? Advertise { get; set; }

    /// <summary>host:port of the gateways of existing servers to join; any one of them is enough.</summary>
    public IList<string> Join { get; } = [];

    /// <summary>What commits the server's writes, and says who the server is; null keeps all in memory, under an id made of the address.</summary>
    public IJournal? Journal { get; set; }

    /// <summary>The least incarnation to begin with, in memory; see <see cref="StoreServer.OutlivedBy"/>.</summary>
    public ulong LeastIncarnation { get; set; }

    /// <summary>The id under which this server was known until the others turned it away; null where they did not. In memory it goes by another one from then on.</summary>
    public ServerId? Former { get; set; }

    /// <summary>Most keys of a namespace.</summary>
    public long NamespaceKeys { get; set; } = long.MaxValue;

    /// <summary>Most bytes of keys and values of a namespace.</summary>
    public long NamespaceBytes { get; set; } = long.MaxValue;

    /// <summary>What this server shows the others and trusts of them; null where they are spoken with in the clear.</summary>
    public MutualTls? Tls { get; set; }

    /// <summary>Applied to every Orleans client that links to a peer: where tests inject latency.</summary>
    public Action<IClientBuilder>? ConfigureLink { get; set; }

    /// <summary>Most query grains: each is a replica, and its key travels as 16 bits of the stamp.</summary>
    public const int MaxQueryGrains = 256;
}
