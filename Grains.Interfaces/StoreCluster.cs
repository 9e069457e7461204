namespace Cmud.Grains.Interfaces;

/// <summary>What servers and clients of the store agree on before they speak.</summary>
public static class StoreCluster
{
    /// <summary>The Orleans cluster id of every server, though each is a cluster of its own: the handshake refuses other ids.</summary>
    public const string ClusterId = "cmud";

    /// <summary>The Orleans service id of every server.</summary>
    public const string ServiceId = "cmud-store";

    /// <summary>The port on which a server's gateway listens unless it is told another.</summary>
    public const int DefaultPort = 6000;
}
