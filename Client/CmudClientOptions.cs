using System.Security.Cryptography;
using Cmud.Grains.Interfaces;
using Cmud.Grains.Interfaces.Tls;

namespace Cmud.Client;

/// <summary>How a client finds its servers and how long it waits for them.</summary>
public sealed class CmudClientOptions
{
    /// <summary>The gateways of servers, wished-for first; any of them is enough.</summary>
    /// <value>localhost:6000 by default; not empty.</value>
    public IReadOnlyList<ServerAddress> Servers { get; set; } = [ServerAddress.Default];

    /// <summary>Whom each call asks.</summary>
    /// <value>Null, the default, takes a <see cref="NearestRouter"/>.</value>
    public ICmudRouter? Router { get; set; }

    /// <summary>How long one call may take in all, with every retry, before it fails.</summary>
    /// <remarks>
    /// A silent server is left after <see cref="SilenceTimeout"/>, so 5 s hold two such disappointments and an answer. Longer helps
    /// nobody who waits at a prompt. Two thirds of it may pass in waiting for a server that can be asked: a server that restarts is back by then.
    /// </remarks>
    /// <value>5 s by default; at least twice the silence timeout.</value>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a server may answer nothing at all, though asked, before it counts as silent and the next is used.</summary>
    /// <remarks>
    /// A lost connection shows at once; this is for a frozen process and a network that swallows. Three slow round trips (2 x 250 ms)
    /// fit, and the promised 2 s until the next is used hold. Shorter: a pause for garbage collection looks like death.
    /// </remarks>
    /// <value>1.5 s by default.</value>
    public TimeSpan SilenceTimeout { get; set; } = TimeSpan.FromSeconds(1.5);

    /// <summary>How long a server that is down is left alone before it is tried again, at first.</summary>
    /// <remarks>Doubles with each failure up to <see cref="LongestPause"/>. One attempt is one refused TCP connection.</remarks>
    /// <value>1 s by default.</value>
    public TimeSpan ShortestPause { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a server that is down is left alone at most, and how often a connected one is asked for its round trip.</summary>
    /// <remarks>Shorter: a returning server is used sooner, a dead one costs more attempts. Six a minute are noticed by nobody.</remarks>
    /// <value>10 s by default.</value>
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The clock of every wait.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>Chance, for the choice of query grains.</summary>
    /// <value>A generator with a seed of its own by default; give one with a fixed seed to repeat a run.</value>
    public Random Random { get; set; } = new(RandomNumberGenerator.GetInt32(int.MaxValue));

    /// <summary>The certificates of mutual TLS with servers that ask for them, as PEM files.</summary>
    /// <value>Null, the default, speaks in the clear.</value>
    public MutualTlsFiles? Tls { get; set; }

    /// <summary>Applied to the Orleans client of every server: where tests inject latency.</summary>
    public Action<IClientBuilder>? ConfigureLink { get; set; }

    /// <summary>What those files hold; null where there are none.</summary>
    internal MutualTls? Certificates { get; private set; }

    internal void Validate()
    {
        if (Servers.Count == 0) throw new ArgumentException("No server is given; name at least one, as in localhost:6000.");
        if (CallTimeout < 2 * SilenceTimeout)
            throw new ArgumentException($"CallTimeout is {CallTimeout} but must be at least twice SilenceTimeout ({SilenceTimeout}): a call that met a silent server needs time for the next.");

        try
        {
            Certificates = Tls is null ? null : new(Tls, Time);
        }
        catch (CertificateException e)
        {
            throw new CmudException(CmudFailure.Refused, e.Message, e);
        }
    }
}
