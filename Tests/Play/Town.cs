using Cmud.Game;
using Cmud.Tests.Acceptance.Harness;
using Xunit;

namespace Cmud.Tests.Play;

/// <summary>Three servers of two query grains, 250 ms apart, that all play-tests share; each test brings people of its own, in a room of their own.</summary>
public sealed class Town : IAsyncLifetime
{
    private readonly Random _random = new(39);

    internal Mesh Mesh { get; private set; } = null!;

    /// <summary>Where players play.</summary>
    internal IReadOnlyList<TestServer> Servers => Mesh.Servers;

    public async Task InitializeAsync()
    {
        Mesh = await Mesh.StartAsync(new(Network.FarAway), 2, 2, 2);
        await Mesh.Rests();
    }

    public async Task DisposeAsync() => await Mesh.DisposeAsync();

    /// <summary>People who have played before; every server knows of them.</summary>
    internal async Task<IReadOnlyList<PlayerId>> SettleAsync(TimeSpan ago, string room, params IReadOnlyList<string> names)
    {
        var settlers = Settlers.Of(_random, ago, room, names);
        await Mesh.Grains[0].PutAllAsync(settlers.Stored);
        foreach (var (key, value) in settlers.Stored) await Eventually.Shows(key, value, Mesh.Grains);
        return settlers.Ids;
    }

    /// <summary>Somebody who has played before logs in.</summary>
    internal Task<Desk> ReturnAsync(string name, int server) => Desk.ReturnAsync(name, Servers[server].Address);
}

[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TownTests : ICollectionFixture<Town>
{
    public const string Name = "Town";
}
