using Orleans.GrainDirectory;

namespace Cmud.Grains;

/// <summary>A grain directory that holds nothing, for grains of which every silo has its own.</summary>
/// <remarks>
/// Orleans registers no stateless workers, but looks them up all the same before it places them, and in a cluster of several
/// silos the directory that it asks may be a silo across the ocean, or across a partition: measured, 550 ms per fresh key,
/// or a failure after 30 s. Nothing to look up means that the call stays where it arrived.
/// </remarks>
internal sealed class LocalGrainDirectory : IGrainDirectory
{
    /// <summary>The name to give to <see cref="GrainDirectoryAttribute"/>.</summary>
    public const string Name = "local";

    /// <inheritdoc/>
    public Task<GrainAddress?> Lookup(GrainId grainId) => Task.FromResult<GrainAddress?>(null);

    /// <inheritdoc/>
    public Task<GrainAddress?> Register(GrainAddress address) => Task.FromResult<GrainAddress?>(address);

    /// <inheritdoc/>
    public Task Unregister(GrainAddress address) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task UnregisterSilos(List<SiloAddress> siloAddresses) => Task.CompletedTask;
}
